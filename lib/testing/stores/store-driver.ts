import type { JobRecord } from '../../jobs/job-record.js';
import type { RunRecord } from '../../jobs/run-record.js';
import type {
  ClaimResult,
  ClaimScope,
  Completion,
  CompletionResult,
  JobStoreSession,
  Lane,
  PeekResult,
  RunDraft,
  TakenRun,
} from '../../stores/job-store.js';
import { VirtualClock } from '../virtual-clock.js';
import type { OpenedStore, OpenStore } from './describe-job-store.js';
import { aClaim, aDraft, aJob, aNode, aScope, HOUR, type ClaimOverrides, type JobOverrides } from './store-fixtures.js';

const NODE = 'node-1';

/** Speaks to a session as an engine does, in words that fit a specification. */
export class StoreDriver {
  readonly scope = aScope();

  private constructor(
    readonly session: JobStoreSession,
    readonly clock: VirtualClock,
    readonly opened: OpenedStore,
    readonly node: string,
  ) {}

  /** Opens an empty store with one live node. */
  static async open(open: OpenStore): Promise<StoreDriver> {
    const clock = new VirtualClock();
    const opened = await open(clock);
    return await StoreDriver.#join(opened.session, clock, opened, NODE);
  }

  static async #join(
    session: JobStoreSession,
    clock: VirtualClock,
    opened: OpenedStore,
    node: string,
  ): Promise<StoreDriver> {
    await session.joinNode(aNode(node), HOUR);
    return new StoreDriver(session, clock, opened, node);
  }

  /** A second node with a session of its own on the same data. */
  async another(node: string): Promise<StoreDriver> {
    const session = await this.opened.another?.();
    if (!session) throw new Error('The store under test is shared but gives no second session.');
    return await StoreDriver.#join(session, this.clock, this.opened, node);
  }

  now(): Promise<number> {
    return this.session.now();
  }

  /** Lets the store's clock reach another millisecond, be it virtual or a database's. */
  async untilLater(): Promise<number> {
    const before = await this.now();
    await this.clock.advance(1);
    let now = await this.now();
    while (now <= before) now = await this.now();
    return now;
  }

  /** Stores a job made by `aJob` and answers it as it is stored. */
  async put(overrides: JobOverrides): Promise<JobRecord> {
    const [result] = await this.session.putJobs([overrides.id], (_id, _stored, { now }) => aJob(overrides, now));
    return result!.after as JobRecord;
  }

  async putAll(...all: readonly JobOverrides[]): Promise<void> {
    const byId = new Map(all.map((overrides) => [overrides.id, overrides]));
    await this.session.putJobs([...byId.keys()], (id, _stored, { now }) => aJob(byId.get(id)!, now));
  }

  /** The job as it is stored now. */
  async job(id: string): Promise<JobRecord> {
    const job = await this.session.getJob(id);
    if (!job) throw new Error(`There is no job "${id}".`);
    return job;
  }

  async change(id: string, change: Partial<JobRecord>): Promise<JobRecord> {
    const [changed] = await this.session.changeJobs([id], (job, now) => ({
      ...job,
      ...change,
      gen: Math.max(job.gen + 1, now),
      updatedAt: now,
    }));
    return changed!.after;
  }

  pause(id: string): Promise<JobRecord> {
    return this.change(id, { state: 'paused' });
  }

  async peek(lanes: readonly Lane[] = lane(100), scope: ClaimScope = this.scope, horizonMs = 0): Promise<PeekResult> {
    return await this.session.peek({ lanes, scope, horizonMs });
  }

  /** Ids of the jobs that a peek answers, in its order. */
  async due(lanes?: readonly Lane[], scope?: ClaimScope, horizonMs?: number): Promise<string[]> {
    const { jobs } = await this.peek(lanes, scope, horizonMs);
    return jobs.map((job) => job.id);
  }

  /** Claims the next fire of a job as it is stored now. */
  async claim(id: string, overrides?: ClaimOverrides, node = this.node): Promise<ClaimResult> {
    return await this.session.claim(node, [aClaim(await this.job(id), overrides)]);
  }

  /** Claims the next fire of a job, which must start. */
  async start(id: string, overrides?: ClaimOverrides, node = this.node): Promise<TakenRun> {
    const { records } = await this.claim(id, overrides, node);
    const started = records.find(({ run }) => run.state === 'running');
    if (!started) throw new Error(`No run of "${id}" has started: ${JSON.stringify(records)}`);
    return started;
  }

  /** Adds a run by hand. */
  async add(id: string, overrides?: Partial<RunDraft>): Promise<RunRecord> {
    const result = await this.session.addRuns(id, (job, _facts, now) => [aDraft(job, now, overrides)]);
    if (!result) throw new Error(`There is no job "${id}".`);
    return [...result.added, ...result.known][0] as RunRecord;
  }

  async take(
    lanes: readonly Lane[] = lane(100),
    scope: ClaimScope = this.scope,
    node = this.node,
  ): Promise<RunRecord[]> {
    const taken = await this.session.takeQueued({ node, lanes, scope });
    return taken.map(({ run }) => run);
  }

  async end(run: RunRecord, state: Completion['state'] = 'succeeded'): Promise<CompletionResult> {
    const finishedAt = await this.now();
    return await this.complete({ run, state, finishedAt, outcome: null, retryDelayMs: null });
  }

  /** An attempt fails that another one follows. */
  async fail(run: RunRecord, retryDelayMs: number): Promise<CompletionResult> {
    const outcome = { error: { name: 'Error', message: 'try again' } };
    return await this.complete({ run, state: 'failed', finishedAt: await this.now(), outcome, retryDelayMs });
  }

  /** Writes one outcome, again for as long as somebody else has its run or job. */
  async complete(completion: Completion): Promise<CompletionResult> {
    for (;;) {
      const result = await this.session.complete([completion]);
      if (!result.busy?.length) return result;
    }
  }

  /** Every run of a job, in the order of recording. */
  async runs(jobId?: string): Promise<RunRecord[]> {
    const { runs } = await this.session.listRuns({ jobId, limit: 10_000 });
    return runs.toSorted((one, other) => one.seq - other.seq);
  }

  /** `state` or `state/reason` of every run of a job, in the order of recording. */
  async story(jobId: string): Promise<string[]> {
    const runs = await this.runs(jobId);
    return runs.map(({ state, reason }) => (reason ? `${state}/${reason}` : state));
  }
}

/** One lane. */
export function lane(limit: number, executor = 'default'): readonly Lane[] {
  return [{ executor, limit }];
}
