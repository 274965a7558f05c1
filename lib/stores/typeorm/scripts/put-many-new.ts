import type { JobRecord } from '../../../jobs/job-record.js';
import type { PutDecision, PutResult } from '../../job-store.js';
import type { Row, Script, SqlParams } from '../script.js';
import type { ScriptContext } from './script-context.js';

/** Fewer are looked up first in less time than it takes to store them in vain. */
const MANY = 200;

/** So many are stored before the others: where jobs are there already, one of the first mostly is. */
const FIRST = 500;

/** One of the jobs that were taken for new is not, or nobody knows. What the script has stored is to be rolled back. */
class NotAllNewError extends Error {}

export function mayAllBeNew({ sql }: ScriptContext, ids: readonly string[]): boolean {
  return sql.jobs.insertNew !== null && ids.length >= MANY;
}

/**
 * As `putJobs`, for many that are taken for new: none is looked up, and those that follow are decided while the database
 * stores the ones before them.
 *
 * @throws {NotAllNewError}
 */
export function* putManyNew(
  context: ScriptContext,
  ids: readonly string[],
  decide: PutDecision,
  now: number,
): Script<PutResult[]> {
  const sql = context.sql.jobs.insertNew;
  if (sql === null || new Set(ids).size < ids.length) throw new NotAllNewError();
  const results: PutResult[] = [];
  const facts = { now, lastSeries: 0 };
  function* rowsOf(some: readonly string[]): Iterable<SqlParams> {
    for (const id of some) {
      const after = context.stamps.raise(decided(id, decide, facts));
      results.push({ id, before: null, after, dropped: null });
      yield context.codec.encode(after);
    }
  }
  for (const some of [ids.slice(0, FIRST), ids.slice(FIRST)]) {
    if (some.length === 0) continue;
    const answers: readonly Row[] = yield { sql, rows: rowsOf(some) };
    const stored = answers.reduce((sum, row) => sum + Number(row['stored']), 0);
    if (stored < some.length) throw new NotAllNewError();
  }
  return results;
}

/** What a decision says or throws without having seen the stored job does not count. */
function decided(id: string, decide: PutDecision, facts: Parameters<PutDecision>[2]): JobRecord {
  try {
    const job = decide(id, null, facts);
    if (job) return job;
  } catch {
    // The script asks once more.
  }
  throw new NotAllNewError();
}

/** What `put` answers; `null`: not all are new, and nothing is stored. */
export async function unlessNotNew<T>(put: Promise<T>): Promise<T | null> {
  try {
    return await put;
  } catch (error) {
    if (error instanceof NotAllNewError) return null;
    throw error;
  }
}
