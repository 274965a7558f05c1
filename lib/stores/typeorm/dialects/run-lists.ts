import { QUEUED, RUNNING, SUCCEEDED } from '../codec/words.js';
import { where } from './where.js';

/** Which conditions a list of runs has. Of `before` and `to`, which both say where it begins, there is one at most. */
export interface RunListShape {
  readonly hasJobId: boolean;
  /** In their order, each once; `null`: all. */
  readonly states: readonly number[] | null;
  readonly hasFrom: boolean;
  readonly hasTo: boolean;
  readonly hasBefore: boolean;
}

/** Some of the runs, as they are found: the table as `r` by an index, and what else they have to be. */
interface RunSource {
  readonly from: string;
  readonly is?: string;
  /** Whether the index does not have them in their order: there are few, and they are sorted. */
  readonly isUnordered?: boolean;
}

/** Where one kind of database finds runs, the latest slot first, and how it says that one comes after another. */
export interface RunSources {
  readonly table: string;
  readonly ofJob: RunSource;
  /** Those of any of `states`, which may be all. */
  readonly any: (states: readonly number[] | null) => readonly RunSource[];
  /** Queued and running. */
  readonly unfinished: RunSource;
  /** In a state that few runs end in: all but `succeeded`. */
  readonly rare: (state: number) => RunSource;
  /** That the position of `r` is below `before_at`, `before_seq`. */
  readonly isBefore: string;
  /** What joins two tables in the order in which they are written. */
  readonly join: string;
}

/**
 * Along an index, the latest slot first, so that it costs what is listed, however long the history: most runs have
 * succeeded, and those in other states have indexes of their own. What is found by several is put together by its keys.
 */
export function runList(shape: RunListShape, sources: RunSources): string {
  const { table, isBefore, join } = sources;
  const select = (columns: string, { from, is, isUnordered }: RunSource) =>
    `SELECT ${columns} FROM ${from} ${where([
      is ?? false,
      shape.hasJobId && 'r.job_id = :job_id',
      shape.hasFrom && 'r.scheduled_at >= :from',
      shape.hasTo && 'r.scheduled_at <= :to',
      shape.hasBefore && isBefore,
    ])} ORDER BY r.scheduled_at${isUnordered ? ' + 0' : ''} DESC, r.seq DESC LIMIT :limit`;
  const found = sourcesOf(shape, sources);
  const [only] = found;
  if (only && found.length === 1) return select('r.*', only);
  const parts = found.map((source, i) => `SELECT * FROM (${select('r.scheduled_at, r.seq', source)}) AS part_${i}`);
  return `SELECT r.* FROM (SELECT seq FROM (${parts.join(' UNION ALL ')}) AS found
      ORDER BY scheduled_at DESC, seq DESC LIMIT :limit) AS page
    ${join} ${table} AS r ON r.seq = page.seq ORDER BY r.scheduled_at DESC, r.seq DESC`;
}

function sourcesOf({ hasJobId, states }: RunListShape, sources: RunSources): readonly RunSource[] {
  if (hasJobId) return [states ? among(states, sources.ofJob) : sources.ofJob];
  if (!states || states.includes(SUCCEEDED)) return sources.any(states);
  const unfinished = states.filter((state) => state === QUEUED || state === RUNNING);
  const rare = states.filter((state) => state > SUCCEEDED).map((state) => sources.rare(state));
  return unfinished.length > 0 ? [among(unfinished, sources.unfinished), ...rare] : rare;
}

/** Those of a source that are in one of the states. */
export function among(states: readonly number[], source: RunSource): RunSource {
  const isAmong = `r.state IN (${states.join(', ')})`;
  return { ...source, is: source.is === undefined ? isAmong : `${source.is} AND ${isAmong}` };
}
