import type { JobRecord } from '../../jobs/job-record.js';
import type { RunRecord } from '../../jobs/run-record.js';
import type * as store from '../job-store.js';
import type { StoreTransaction, TransactionManager } from '../store-transaction.js';
import { ClockEstimate } from './clock-estimate.js';
import { JobCodec } from './codec/job-codec.js';
import type { Dialect } from './dialects/dialect.js';
import type { StoreConnection, StoreDriver } from './drivers/store-connection.js';
import { HistoryTally } from './history-tally.js';
import { PlainPuts } from './plain-puts.js';
import type { Row, SqlParams } from './script.js';
import { addRuns } from './scripts/add-runs.js';
import { cancelRun, runsToCancel } from './scripts/cancel-runs.js';
import { claim } from './scripts/claim.js';
import { complete } from './scripts/complete.js';
import { getRun, listRuns, pruneRuns, type SurplusCursor } from './scripts/history.js';
import { changeJobs, findJobsInNeed, getJob, listJobs, removeJobs, summarize } from './scripts/jobs.js';
import { endNode, joinNode, listNodes, renewLease } from './scripts/nodes.js';
import { noteProgress } from './scripts/note-progress.js';
import { peek, plainPeek } from './scripts/peek.js';
import { plainClaim, readPlainClaim, type PlainClaim } from './scripts/plain-claim.js';
import {
  plainCompletion,
  plainCompletions,
  readPlainCompletion,
  type PlainCompletion,
} from './scripts/plain-completion.js';
import { readNodes, readRenewal, readSummary } from './scripts/plain-reads.js';
import { putManyNew } from './scripts/put-many-new.js';
import { ScopeParams } from './scripts/scope-params.js';
import { StampFloor, type ScriptContext } from './scripts/script-context.js';
import { stats } from './scripts/stats.js';
import { takeQueued } from './scripts/take-queued.js';
import { findUnreadable, START, type SearchPosition } from './scripts/unreadable.js';
import { TypeOrmTransaction } from './typeorm-transaction.js';

/** The next peek is planned at the latest after the poll interval: a peek looks that far ahead, and a little more. */
const HORIZON_MARGIN_MS = 1_000;

const NONE_COMPLETED: PlainCompletion = { ended: new Set(), finished: [] };

const REPEATABLE = { isRepeatable: true };

const PREPARED = { isPrepared: true };

/** What others have to act on at once. */
const NEWS = { isNews: () => true };

/** One application's session: each method is one script in one transaction. */
export class TypeOrmSession implements store.JobStoreSession {
  readonly maxBatch: number;
  readonly isShared: boolean;
  readonly #connection: StoreConnection;
  readonly #context: ScriptContext;
  readonly #scopes = new ScopeParams();
  readonly #clock = new ClockEstimate(() => performance.now());
  readonly #plainPuts: PlainPuts | null;
  readonly #surplus: SurplusCursor = { jobId: '' };
  readonly #tally: HistoryTally;
  #hasMoreToPrune = false;
  /** Outcomes that have met somebody's lock: the statement that would wait for it is not asked again. */
  readonly #busy = new WeakSet<store.Completion>();
  readonly #searched: SearchPosition = { ...START };

  constructor(connection: StoreConnection, dialect: Dialect, driver: StoreDriver) {
    this.#connection = connection;
    this.#context = { sql: dialect, codec: new JobCodec(), stamps: new StampFloor() };
    this.#tally = new HistoryTally(connection, this.#context);
    this.maxBatch = driver.maxBatch;
    this.isShared = connection.isShared;
    this.#plainPuts = this.#newPlainPuts();
  }

  get pollIntervalMs(): number {
    return this.#connection.pollIntervalMs;
  }

  get peekHorizonMs(): number {
    return this.pollIntervalMs + HORIZON_MARGIN_MS;
  }

  now(): Promise<number> {
    return this.#clock.learn(
      () => this.#connection.now(),
      (now) => now,
    );
  }

  joinNode(node: store.NodeDraft, leaseMs: number): Promise<void> {
    return this.#connection.write((now) => joinNode(this.#context, node, leaseMs, now));
  }

  renewLease(nodeId: string, leaseMs: number): Promise<{ readonly renewed: boolean; readonly now: number }> {
    const renew = () =>
      this.#askPlain('renew', { id: nodeId, lease_ms: leaseMs })?.then(readRenewal) ??
      this.#connection.write((now) => renewLease(this.#context, nodeId, leaseMs, now));
    return this.#clock.learn(renew, ({ now }) => now);
  }

  nodes(): Promise<store.NodesSeen> {
    return this.#askPlain('nodes')?.then(readNodes) ?? this.#connection.read((now) => listNodes(this.#context, now));
  }

  takeOverNode({ id, leaseUntil }: Pick<store.NodeRecord, 'id' | 'leaseUntil'>): Promise<store.TakeOver> {
    return this.#connection.write((now) => endNode(this.#context, id, leaseUntil, now));
  }

  leaveNode(nodeId: string): Promise<store.TakeOver> {
    return this.#connection.write((now) => endNode(this.#context, nodeId, null, now));
  }

  async putJobs(ids: readonly string[], decide: store.PutDecision): Promise<readonly store.PutResult[]> {
    const [id] = ids;
    const stored =
      this.#plainPuts && id !== undefined && ids.length === 1 ? await this.#plainPuts.put(id, decide) : null;
    if (stored) return [stored];
    return await this.#connection.write((now) => putManyNew(this.#context, ids, decide, now), NEWS);
  }

  changeJobs(ids: readonly string[], change: store.JobChange): Promise<readonly store.ChangedJob[]> {
    return this.#connection.write((now) => changeJobs(this.#context, ids, change, now), NEWS);
  }

  removeJobs(ids: readonly string[]): Promise<readonly store.RemovedJob[]> {
    return this.#connection.write((now) => removeJobs(this.#context, ids, now), NEWS);
  }

  getJob(id: string): Promise<JobRecord | null> {
    return this.#connection.read(() => getJob(this.#context, id));
  }

  listJobs(filter: store.JobFilter): Promise<store.JobList> {
    return this.#connection.read(() => listJobs(this.#context, filter));
  }

  findJobsInNeed(need: store.Need, after: string, limit: number): Promise<readonly string[]> {
    return this.#connection.read(() => findJobsInNeed(this.#context, need, after, limit));
  }

  peek(query: store.PeekQuery): Promise<store.PeekResult> {
    // Jobs that are left alone are looked at again by the script.
    const connection = this.#connection;
    const isPlain = this.#context.sql.plain !== null && query.scope.excludedJobs.size === 0;
    const one = isPlain ? connection.one?.bind(connection) : undefined;
    if (!one) return this.#connection.read((now) => peek(this.#context, this.#scopes, query, now));
    return plainPeek(this.#context, this.#scopes, query, (each) => one(each, REPEATABLE));
  }

  async claim(node: string, entries: readonly store.ClaimEntry[]): Promise<store.ClaimResult> {
    const plain = await this.#claimPlain(node, entries);
    if (!plain) return await this.#claimRest(node, entries);
    if (plain.left.length === 0) return plain.result;
    const rest = await this.#claimRest(node, plain.left);
    return {
      records: [...plain.result.records, ...rest.records],
      lost: [...plain.result.lost, ...rest.lost],
      finished: [...plain.result.finished, ...rest.finished],
      toCancel: rest.toCancel,
    };
  }

  addRuns(jobId: string, decide: store.RunDecision): Promise<store.AddedRuns | null> {
    return this.#connection.write((now) => addRuns(this.#context, jobId, decide, now), NEWS);
  }

  takeQueued(query: store.TakeQuery): Promise<readonly store.TakenRun[]> {
    return this.#connection.write((now) => takeQueued(this.#context, this.#scopes, query, now));
  }

  async complete(completions: readonly store.Completion[]): Promise<store.CompletionResult> {
    const { ended, finished } = await this.#completePlain(completions);
    const left = ended.size === 0 ? completions : completions.filter(({ run }) => !ended.has(run.runId));
    if (left.length === 0) return { fenced: [], retrying: [], cancelled: [], paused: [], finished };
    const rest = await this.#connection.write((now) => complete(this.#context, left, now));
    if (rest.busy) this.#noteBusy(left, rest.busy);
    return { ...rest, finished: [...finished, ...rest.finished] };
  }

  noteProgress(reports: readonly store.ProgressReport[]): Promise<void> {
    return this.#connection.write(() => noteProgress(this.#context, reports));
  }

  cancelRun(runId: string): Promise<store.CancelledRun | null> {
    return this.#connection.write((now) => cancelRun(this.#context, runId, now), NEWS);
  }

  runsToCancel(nodeId: string): Promise<readonly store.CancelRequest[]> {
    return this.#connection.read(() => runsToCancel(this.#context, nodeId));
  }

  getRun(runId: string): Promise<RunRecord | null> {
    return this.#connection.read(() => getRun(this.#context, runId));
  }

  listRuns(filter: store.RunFilter): Promise<store.RunList> {
    return this.#connection.read(() => listRuns(this.#context, filter));
  }

  stats(query: store.StatsQuery): Promise<store.StoreStats> {
    return this.#connection.read((now) => stats(this.#context, query, now));
  }

  async pruneRuns(retention: store.Retention, limit: number): Promise<number> {
    // Once for all batches of a turn.
    if (!this.#hasMoreToPrune) await this.#tally.addUp();
    const pruned = await this.#connection.write((now) =>
      pruneRuns(this.#context, this.#surplus, retention, limit, now),
    );
    this.#hasMoreToPrune = pruned === limit;
    return pruned;
  }

  findUnreadable(limit: number): Promise<store.Unreadable> {
    return this.#connection.read(() => findUnreadable(this.#context, this.#searched, limit));
  }

  async within(manager: TransactionManager): Promise<StoreTransaction> {
    return new TypeOrmTransaction(await this.#connection.within(manager), this.#context);
  }

  summarize(): Promise<store.StoreSummary> {
    return this.#askPlain('summary')?.then(readSummary) ?? this.#connection.read(() => summarize(this.#context));
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  #newPlainPuts(): PlainPuts | null {
    const { plain } = this.#context.sql;
    const ask = this.#connection.oneWithNews?.bind(this.#connection);
    if (!plain || !ask) return null;
    return new PlainPuts({
      sql: plain.put,
      context: this.#context,
      clock: this.#clock,
      askTime: () => this.now(),
      ask,
    });
  }

  /** Asks what does no harm twice in one statement; `null` where that can't be done. */
  #askPlain(name: 'renew' | 'nodes' | 'summary', params: SqlParams = {}): Promise<readonly Row[]> | null {
    const { plain } = this.#context.sql;
    if (!plain || !this.#connection.one) return null;
    return this.#connection.one({ sql: plain[name], params }, REPEATABLE);
  }

  #claimRest(node: string, entries: readonly store.ClaimEntry[]): Promise<store.ClaimResult> {
    const isNews = ({ toCancel }: store.ClaimResult): boolean => toCancel.length > 0;
    return this.#connection.write((now) => claim(this.#context, node, entries, now), { isNews });
  }

  async #claimPlain(node: string, entries: readonly store.ClaimEntry[]): Promise<PlainClaim | null> {
    const { plain } = this.#context.sql;
    const query = plain && plainClaim(plain.claim, node, entries);
    if (!query || !this.#connection.one) return null;
    return readPlainClaim(node, entries, await this.#connection.one(query, PREPARED));
  }

  async #completePlain(completions: readonly store.Completion[]): Promise<PlainCompletion> {
    const { plain } = this.#context.sql;
    const own = plain ? plainCompletions(completions).filter((completion) => !this.#busy.has(completion)) : [];
    if (!plain || !this.#connection.oneUnlessMet || own.length === 0) return NONE_COMPLETED;
    const query = plainCompletion(plain.complete, own);
    const rows = await this.#connection.oneUnlessMet(query);
    return rows ? readPlainCompletion(this.#context, own, rows) : NONE_COMPLETED;
  }

  #noteBusy(completions: readonly store.Completion[], runs: readonly RunRecord[]): void {
    const busy = new Set(runs);
    for (const completion of completions) if (busy.has(completion.run)) this.#busy.add(completion);
  }
}
