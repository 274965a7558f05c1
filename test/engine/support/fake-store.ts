import type { Clock } from '../../../lib/clock.js';
import type { JobRecord } from '../../../lib/jobs/job-record.js';
import type { RunRecord } from '../../../lib/jobs/run-record.js';
import type {
  ClaimResult,
  ClaimScope,
  Completion,
  JobStore,
  JobStoreSession,
  StoreContext,
  TakenRun,
} from '../../../lib/stores/job-store.js';
import { MemoryJobStore } from '../../../lib/stores/memory/memory-job-store.js';

type Methods = {
  [
    Name in keyof JobStoreSession as JobStoreSession[Name] extends (...args: never[]) => unknown ? Name : never
  ]: JobStoreSession[Name];
};

export type SessionMethod = keyof Methods;

/**
 * What goes wrong with a call. `throws`: nothing is done. `reply lost`: it is done, then fails. `hangs`: nothing is done
 * and no answer ever comes. `hangs when done`: it is done, and nobody is told. A number: it is done, and the answer
 * comes so many milliseconds late.
 */
export type Fault = 'throws' | 'reply lost' | 'hangs' | 'hangs when done' | number | null;

export interface FakeStoreOptions {
  readonly isShared?: boolean;
  readonly pollIntervalMs?: number;
  /** How far ahead peeks look. Default: not at all. */
  readonly peekHorizonMs?: number;
  readonly maxBatch?: number;
}

/**
 * A job store in memory whose every call a test can count, watch and break. As a shared one it keeps its jobs, runs and
 * nodes when a session is closed, and has a clock of its own, as a database does.
 */
export class FakeStore implements JobStore {
  readonly kind = 'fake';
  /** Asked for every call of a method; `n` counts its calls from 1. */
  faultOf: (method: SessionMethod, n: number) => Fault = () => null;
  /** Awaited by `open`; may throw. */
  onOpen: () => Promise<void> = async () => undefined;
  /** Awaited by `close`; may throw. */
  onClose: () => Promise<void> = async () => undefined;
  /** The store's clock minus the host's. */
  clockOffset = 0;
  /** May change while it is open, as that of a database that sends notifications or does not. */
  pollIntervalMs: number;
  opened = 0;
  closed = 0;
  /** Every call in order. */
  readonly calls: SessionMethod[] = [];
  readonly #options: Required<Omit<FakeStoreOptions, 'pollIntervalMs'>>;
  readonly #scopes = new WeakMap<ClaimScope, ClaimScope>();
  readonly #handedOut = new Map<string, RunRecord>();
  #kept: JobStoreSession | null = null;
  #scopeVersion = 0;
  #context: StoreContext | null = null;
  #counts: Partial<Record<SessionMethod, number>> = {};

  constructor({ isShared = true, pollIntervalMs = 1_000, peekHorizonMs = 0, maxBatch = 500 }: FakeStoreOptions = {}) {
    this.#options = { isShared, peekHorizonMs, maxBatch };
    this.pollIntervalMs = pollIntervalMs;
  }

  /** What the store really holds. */
  get inner(): JobStoreSession {
    if (!this.#kept) throw new Error('The fake store has not been opened.');
    return this.#kept;
  }

  count(method: SessionMethod): number {
    return this.#counts[method] ?? 0;
  }

  /** From here on, `n` counts from 1 again. */
  resetCounts(): void {
    this.#counts = {};
    this.calls.length = 0;
  }

  /** Another session has changed something. */
  notify(): void {
    this.#context?.onChange();
  }

  async open(context: StoreContext): Promise<JobStoreSession> {
    await this.onOpen();
    this.opened++;
    this.#context = context;
    const ownClock: Clock = {
      now: () => context.clock.now() + this.clockOffset,
      monotonic: () => context.clock.monotonic(),
      setTimer: (callback, delayMs, options) => context.clock.setTimer(callback, delayMs, options),
    };
    if (!this.#kept || !this.#options.isShared) {
      this.#kept = await new MemoryJobStore().open({ ...context, clock: ownClock });
    }
    return this.#sessionOn(this.#kept, context.clock);
  }

  #sessionOn(inner: JobStoreSession, clock: Clock): JobStoreSession {
    let isClosed = false;
    const special: Partial<JobStoreSession> & Record<string, unknown> = {
      isShared: this.#options.isShared,
      peekHorizonMs: this.#options.peekHorizonMs,
      maxBatch: this.#options.maxBatch,
      peek: async (query) => {
        const peeked = await inner.peek({ ...query, scope: this.#scope(query.scope) });
        return { ...peeked, jobs: peeked.jobs.map(detached) };
      },
      takeQueued: (query) => inner.takeQueued({ ...query, scope: this.#scope(query.scope) }).then((t) => this.#note(t)),
      claim: (node, entries) => inner.claim(node, entries).then((result) => this.#noteClaim(result)),
      complete: (completions) => inner.complete(completions.map((completion) => this.#asHandedOut(completion))),
      close: async () => {
        await this.onClose();
        this.closed++;
        isClosed = true;
        if (!this.#options.isShared) await inner.close();
      },
    };
    return new Proxy(inner, {
      get: (_, name: string) => {
        if (name === 'pollIntervalMs' && this.#options.isShared) return this.pollIntervalMs;
        const value = special[name] ?? inner[name as SessionMethod];
        if (typeof value !== 'function') return value;
        const method = value as (...args: unknown[]) => Promise<unknown>;
        const isOwn = name in special;
        return (...args: unknown[]) => {
          if (isClosed) return Promise.reject(new Error(`${name}() was called on a closed session.`));
          const call = (): Promise<unknown> => (isOwn ? method(...args) : method.apply(inner, args));
          return this.#answer(name as SessionMethod, call, clock);
        };
      },
    });
  }

  async #answer(name: SessionMethod, call: () => Promise<unknown>, clock: Clock): Promise<unknown> {
    this.calls.push(name);
    const n = (this.#counts[name] = this.count(name) + 1);
    const fault = this.faultOf(name, n);
    if (fault === 'throws') throw new Error(`${name}() failed`);
    if (fault === 'hangs') return new Promise(() => undefined);
    const result = await call();
    if (fault === 'reply lost') throw new Error(`${name}() lost its reply`);
    if (fault === 'hangs when done') return new Promise(() => undefined);
    if (fault !== null) {
      await new Promise<void>((resolve) => clock.setTimer(() => resolve(), fault, { keepAlive: false }));
    }
    return result;
  }

  /** A scope's version is unique for one scheduler only; this store may see several. */
  #scope(scope: ClaimScope): ClaimScope {
    let own = this.#scopes.get(scope);
    if (!own) this.#scopes.set(scope, (own = { ...scope, version: ++this.#scopeVersion }));
    return own;
  }

  #noteClaim(result: ClaimResult): ClaimResult {
    return { ...result, records: this.#note(result.records) };
  }

  #note(taken: readonly TakenRun[]): readonly TakenRun[] {
    for (const { run } of taken) if (run.state === 'running') this.#handedOut.set(`${run.runId} ${run.fence}`, run);
    return taken.map(({ run, job }) => ({ run: detached(run), job: detached(job) }));
  }

  /** A database knows a run by id and fence; the memory store by the object it handed out. */
  #asHandedOut(completion: Completion): Completion {
    const { runId, fence } = completion.run;
    return { ...completion, run: this.#handedOut.get(`${runId} ${fence}`) ?? completion.run };
  }
}

/** Every method of a session, so that a test can break each; one that is missing doesn't compile. */
const METHODS = {
  now: true,
  joinNode: true,
  renewLease: true,
  nodes: true,
  takeOverNode: true,
  leaveNode: true,
  putJobs: true,
  changeJobs: true,
  removeJobs: true,
  getJob: true,
  listJobs: true,
  peek: true,
  claim: true,
  addRuns: true,
  noteProgress: true,
  cancelRun: true,
  runsToCancel: true,
  takeQueued: true,
  complete: true,
  getRun: true,
  listRuns: true,
  findUnreadable: true,
  findJobsInNeed: true,
  within: true,
  pruneRuns: true,
  stats: true,
  summarize: true,
  close: true,
} satisfies Record<SessionMethod, true>;

export const SESSION_METHODS = Object.keys(METHODS) as SessionMethod[];

/** The memory store shows live objects; a database answers copies. */
function detached<Stored extends JobRecord | RunRecord>(record: Stored): Stored {
  const live = record as Stored & { toRecord?: () => Stored };
  return live.toRecord?.() ?? record;
}
