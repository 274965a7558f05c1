import type { JobRecord } from '../../../jobs/job-record.js';
import { askInPieces, type Row, type Script } from '../script.js';
import { unique, type ScriptContext } from './script-context.js';

/**
 * Retires those of the jobs that are finished and have no unfinished run: an added one is deleted, a declared one is
 * marked, so that its end is told once. A job whose row can't be read stays.
 */
export function* retireIdle({ sql, codec, stamps }: ScriptContext, ids: readonly string[]): Script<JobRecord[]> {
  const retired: JobRecord[] = [];
  for (const row of yield* askInPieces<Row>(sql.fires.retirable, 'ids', unique(ids))) {
    const job = codec.tryDecode(row);
    if (!(job instanceof Error)) retired.push(job);
  }
  const added = retired.filter((job) => job.origin === 'added');
  stamps.noteRemoved(added);
  yield* askInPieces(sql.jobs.delete, 'ids', idsOf(added));
  yield* askInPieces(sql.fires.markRetired, 'ids', idsOf(retired.filter((job) => job.origin === 'declared')));
  return retired;
}

function idsOf(jobs: readonly JobRecord[]): string[] {
  return jobs.map((job) => job.id);
}
