import type { JobRecord } from '../../../jobs/job-record.js';
import type { FinishedJob } from '../../job-store.js';
import { JOB_ORIGINS } from '../codec/words.js';
import { askInPieces, type Row, type Script } from '../script.js';
import { unique, type ScriptContext } from './script-context.js';

type RetiredJob = Pick<JobRecord, 'id' | 'gen' | 'fence' | 'origin'>;

/**
 * Retires those of the jobs that are finished and have no unfinished run: an added one is deleted, a declared one is
 * marked, so that its end is told once. A job whose row can't be read stays.
 */
export function* retireIdle(context: ScriptContext, ids: readonly string[]): Script<RetiredJob[]> {
  const idle: JobRecord[] = [];
  for (const row of yield* askInPieces<Row>(context.sql.fires.retirable, 'ids', unique(ids))) {
    const job = context.codec.tryDecode(row);
    if (!(job instanceof Error)) idle.push(job);
  }
  return yield* retire(context, idle);
}

/**
 * The same for jobs of which a run has succeeded: they could be read when it was taken, and where that is dear they are
 * not read again.
 */
export function* retireSucceeded(context: ScriptContext, ids: readonly string[]): Script<readonly FinishedJob[]> {
  const { retirableStamps } = context.sql.fires;
  if (retirableStamps === undefined) return yield* retireIdle(context, ids);
  const rows = yield* askInPieces<Row>(retirableStamps, 'ids', unique(ids));
  return yield* retire(context, rows.map(stampsOf));
}

function stampsOf({ id, gen, fence, origin }: Row): RetiredJob {
  return {
    id: String(id),
    gen: Number(gen),
    fence: Number(fence),
    origin: JOB_ORIGINS[Number(origin)] ?? 'declared',
  };
}

function* retire({ sql, stamps }: ScriptContext, idle: RetiredJob[]): Script<RetiredJob[]> {
  const added = idle.filter((job) => job.origin === 'added');
  stamps.noteRemoved(added);
  yield* askInPieces(sql.jobs.delete, 'ids', idsOf(added));
  yield* askInPieces(sql.fires.markRetired, 'ids', idsOf(idle.filter((job) => job.origin === 'declared')));
  return idle;
}

function idsOf(jobs: readonly RetiredJob[]): string[] {
  return jobs.map((job) => job.id);
}
