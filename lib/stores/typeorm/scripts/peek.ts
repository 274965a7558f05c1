import { JOB_FORMAT_VERSION, type JobRecord } from '../../../jobs/job-record.js';
import type { ClaimScope, Lane, PeekQuery, PeekResult, UnreadableJob } from '../../job-store.js';
import { integerOrNull } from '../codec/read-column.js';
import type { PlainStatements } from '../dialects/shortcut-statements.js';
import { ask, askOne, type Query, type Row, type Script, type SqlParams } from '../script.js';
import type { ExcludedJobs } from './excluded-jobs.js';
import type { ScopeParams } from './scope-params.js';
import type { ScriptContext } from './script-context.js';

/** What is due within the horizon: see `JobStoreSession.peek`. */
export function* peek(
  context: ScriptContext,
  scopes: ScopeParams,
  { horizonMs, lanes, scope }: PeekQuery,
  now: number,
): Script<PeekResult> {
  const until = now + horizonMs;
  const found = new PeekedJobs(context, scopes.excluded);
  let nextQueuedAt: number | null = null;
  for (const lane of lanes) {
    const params = { ...scopes.of(scope), executor: lane.executor };
    yield* peekLane(context, found, lane, params, until);
    const queued = yield* askOne<{ available_at: unknown }>(context.sql.fires.nextQueued, params);
    nextQueuedAt = earliest(nextQueuedAt, integerOrNull(queued?.available_at));
  }
  yield* revisitExcluded(context, found, scopes, scope, lanes, until);
  return { now, jobs: found.inOrder(), nextDueAt: found.nextDueAt, nextQueuedAt, unreadable: found.unreadable };
}

/** Asks for each lane in one statement, which tells the time as well. */
export async function plainPeek(
  context: ScriptContext,
  scopes: ScopeParams,
  { horizonMs, lanes, scope }: PeekQuery,
  askOne: (query: Query) => Promise<readonly Row[]>,
): Promise<PeekResult> {
  const sql = (context.sql.plain as PlainStatements).peek;
  const found = new PeekedJobs(context, scopes.excluded);
  let now = Infinity;
  let nextQueuedAt: number | null = null;
  for (const { executor, limit } of lanes) {
    // One more than wanted: the first that finds no room says when to look again.
    const params = { ...scopes.of(scope), executor, horizon: horizonMs, limit: limit + 1 };
    const rows = await askOne({ sql, params });
    const [first] = rows as [Row];
    now = Math.min(now, Number(first['now']));
    nextQueuedAt = earliest(nextQueuedAt, integerOrNull(first['queued_at']));
    for (const row of rows.slice(0, limit)) if (row['id'] !== null) found.add(row);
    found.noteNextDue(integerOrNull(rows[limit]?.['due_at'] ?? first['peeked_due_at']));
  }
  return { now, jobs: found.inOrder(), nextDueAt: found.nextDueAt, nextQueuedAt, unreadable: found.unreadable };
}

function* peekLane(
  { sql }: ScriptContext,
  found: PeekedJobs,
  { limit }: Lane,
  params: SqlParams,
  until: number,
): Script<void> {
  // One more than wanted: the first that finds no room says when to look again.
  const rows = yield* ask<Row>(sql.fires.due, { ...params, until, limit: limit + 1 });
  for (const row of rows.slice(0, limit)) found.add(row);
  const next = rows[limit] ?? (yield* askOne<Row>(sql.fires.nextDue, { ...params, after: until }));
  found.noteNextDue(integerOrNull(next?.['due_at']));
}

/** Excluded jobs are left alone until their rows change: a few of them are looked at again in each peek. */
function* revisitExcluded(
  { sql }: ScriptContext,
  found: PeekedJobs,
  scopes: ScopeParams,
  scope: ClaimScope,
  lanes: readonly Lane[],
  until: number,
): Script<void> {
  scopes.of(scope);
  const ids = scopes.excluded.nextToRevisit();
  if (ids.length === 0) return;
  const rows = yield* ask<Row>(sql.fires.dueAmong, {
    ids: JSON.stringify(ids),
    executors: JSON.stringify(lanes.map((lane) => lane.executor)),
    until,
    version: JOB_FORMAT_VERSION,
  });
  const room = new Map(lanes.map((lane) => [lane.executor, lane.limit]));
  for (const row of rows) found.addIfChanged(row, scope, room);
}

class PeekedJobs {
  readonly unreadable: UnreadableJob[] = [];
  nextDueAt: number | null = null;
  readonly #context: ScriptContext;
  readonly #excluded: ExcludedJobs;
  readonly #jobs: JobRecord[] = [];

  constructor(context: ScriptContext, excluded: ExcludedJobs) {
    this.#context = context;
    this.#excluded = excluded;
  }

  add(row: Row): void {
    const job = this.#context.codec.tryDecode(row);
    if (job instanceof Error) {
      this.#excluded.noteUnreadable(row);
      this.unreadable.push({ id: String(row['id']), error: job });
    } else this.#jobs.push(job);
  }

  addIfChanged(row: Row, scope: ClaimScope, room: ReadonlyMap<string, number>): void {
    const job = this.#context.codec.tryDecode(row);
    if (job instanceof Error || !this.#excluded.hasChanged(job) || !isInScope(job, scope)) return;
    const taken = this.#jobs.filter((other) => other.executor === job.executor).length;
    if (taken < (room.get(job.executor) ?? 0)) this.#jobs.push(job);
    else this.noteNextDue(job.dueAt);
  }

  noteNextDue(dueAt: number | null): void {
    this.nextDueAt = earliest(this.nextDueAt, dueAt);
  }

  inOrder(): readonly JobRecord[] {
    return this.#jobs.sort((one, other) => (one.dueAt as number) - (other.dueAt as number));
  }
}

function isInScope(job: JobRecord, scope: ClaimScope): boolean {
  return job.origin === 'declared' ? scope.declaredJobs.has(job.id) : scope.tasks.has(job.task);
}

function earliest(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}
