import type { JobRecord } from '../../../jobs/job-record.js';
import type { PutDecision, PutFacts, PutResult } from '../../job-store.js';
import type { Row, Script, SqlParams } from '../script.js';
import { putJobs } from './jobs.js';
import { unique, type ScriptContext } from './script-context.js';

/** Fewer are looked up first in less time than it takes to store them in vain. */
const MANY = 200;

/** So many are stored before the others: where jobs are there already, one of the first mostly is. */
const FIRST = 500;

interface Given {
  readonly context: ScriptContext;
  readonly decide: PutDecision;
  readonly facts: PutFacts;
  /** What comes of those that are new. */
  readonly made: PutResult[];
}

/**
 * As `putJobs`, which it leaves all that is not new to. Many jobs are taken for new, where the database can tell at their
 * insertion that they are: none is looked up, and those that follow are decided while it stores the ones before them.
 */
export function* putManyNew(
  context: ScriptContext,
  ids: readonly string[],
  decide: PutDecision,
  now: number,
  putRest: typeof putJobs = putJobs,
): Script<PutResult[]> {
  const sql = context.sql.jobs.insertNew;
  if (sql === null || ids.length < MANY || unique(ids).length < ids.length) {
    return yield* putRest(context, ids, decide, now);
  }
  const given: Given = { context, decide, facts: { now, lastSeries: 0 }, made: [] };
  // As rows are locked: whoever inserts the same ids at the same moment waits for the first of them, and for no other.
  const sorted = ids.toSorted();
  const others = sorted.slice(FIRST);
  const first = yield* insertNew(sql, sorted.slice(0, FIRST), given);
  const left = new Set(first.length === 0 ? yield* insertNew(sql, others, given) : [...first, ...others]);
  const results = new Map(given.made.map((result) => [result.id, result]));
  if (left.size > 0) {
    const rest = ids.filter((id) => left.has(id));
    for (const result of yield* putRest(context, rest, decide, now)) results.set(result.id, result);
  }
  return ids.map((id) => results.get(id) as PutResult);
}

/** Answers the ids of those that are not new, or can't be decided about without knowing what is stored. */
function* insertNew(sql: string, ids: readonly string[], given: Given): Script<readonly string[]> {
  const left: string[] = [];
  const tried: string[] = [];
  function* rows(): Iterable<SqlParams> {
    for (const id of ids) {
      const job = decided(id, given);
      if (!job) {
        left.push(id);
        continue;
      }
      const after = given.context.stamps.raise(job);
      tried.push(id);
      given.made.push({ id, before: null, after, dropped: null });
      yield given.context.codec.encode(after);
    }
  }
  const answers: readonly Row[] = yield { sql, rows: rows() };
  const count = answers.reduce((sum, row) => sum + Number(row['stored']), 0);
  if (count === tried.length) return left;
  // An id has no blank in it.
  const stored = new Set(answers.flatMap((row) => String(row['ids']).split(' ')));
  return [...left, ...tried.filter((id) => !stored.has(id))];
}

/** What a decision says or throws without having seen the stored job does not count. */
function decided(id: string, { decide, facts }: Given): JobRecord | null {
  try {
    return decide(id, null, facts);
  } catch {
    return null;
  }
}
