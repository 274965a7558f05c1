import { where } from './where.js';

/** Which conditions a list of runs has. Of `before` and `to`, which both say where it begins, there is one at most. */
export interface RunListShape {
  readonly hasJobId: boolean;
  readonly hasStates: boolean;
  readonly hasFrom: boolean;
  readonly hasTo: boolean;
  readonly hasBefore: boolean;
}

/** What differs from one kind of database to another. */
interface RunListParts {
  /** The table as `r`, read by the index on the job and the slot, or on the slot. */
  readonly source: string;
  /** That the state of `r` is one of `states`. */
  readonly hasState: string;
  /** That the position of `r` is below `before_at`, `before_seq`. */
  readonly isBefore: string;
}

/** The latest slot first, along an index: it costs what is listed, however long the history. */
export function runList(shape: RunListShape, { source, hasState, isBefore }: RunListParts): string {
  return `SELECT r.* FROM ${source} ${where([
    shape.hasJobId && 'r.job_id = :job_id',
    shape.hasStates && hasState,
    shape.hasFrom && 'r.scheduled_at >= :from',
    shape.hasTo && 'r.scheduled_at <= :to',
    shape.hasBefore && isBefore,
  ])} ORDER BY r.scheduled_at DESC, r.seq DESC LIMIT :limit`;
}
