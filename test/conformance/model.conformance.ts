import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JobRecord } from '../../lib/jobs/job-record.js';
import { retryDelayOf } from '../../lib/jobs/retry.js';
import { slotRunId } from '../../lib/jobs/run-id.js';
import type { RunRecord } from '../../lib/jobs/run-record.js';
import type { ClaimEntry, PausedJob } from '../../lib/stores/job-store.js';
import { aDraft, aJob, aNode, aPolicy, aScope, HOUR, MINUTE, SECOND } from '../support/store-fixtures.js';
import type { ConformanceOptions } from './job-store.conformance.js';
import { ReferenceStore, type ReferenceJob } from './reference-store.js';
import { lane, StoreDriver, type OpenStore } from './store-driver.js';

const IDS = ['a', 'b', 'c'] as const;
const DECLARED = 'c';
/** One that queues what finds no room, where the others skip it, and tries again what has failed. */
const PATIENT = 'b';
const IMPATIENCE = aPolicy({ pauseAfterFailures: 1 });
const PATIENCE = aPolicy({
  overlap: 'queue',
  retry: { maxAttempts: 3, backoff: 'fixed', delay: 0 },
  pauseAfterFailures: 2,
});

const id = fc.constantFrom(...IDS);
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('put' as const), id }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), id }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('pause' as const, 'resume' as const, 'rewind' as const), id }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('claim' as const),
      id,
      isStale: fc.nat(4).map((n) => n === 0),
      backlog: fc.constantFrom(0, 0, 0, 1, 2),
      runs: fc.nat(5).map((n) => n > 0),
      isLast: fc.nat(6).map((n) => n === 0),
      dispatchesLeft: fc.constantFrom(null, null, null, 1, 2),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('add' as const), id }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('take' as const), limit: fc.integer({ min: 1, max: 4 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('complete' as const), pick: fc.nat(1000), hasFailed: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** Takes the same steps with a store and with the reference. */
class Pair {
  readonly reference = new ReferenceStore();
  readonly #scope = aScope({ declaredJobs: [DECLARED] });
  readonly #handedOut: { readonly run: RunRecord; readonly runId: string; readonly fence: number }[] = [];
  readonly #seen = new Map<string, JobRecord[]>();
  #added = 0;

  constructor(
    readonly store: StoreDriver,
    readonly start: number,
  ) {}

  async take(steps: readonly Step[]): Promise<void> {
    for (const each of steps) {
      await this.#step(each);
      await this.#expectSame();
    }
  }

  async #step(each: Step): Promise<void> {
    switch (each.do) {
      case 'put':
        return await this.#put(each.id);
      case 'remove':
        await this.store.session.removeJobs([each.id]);
        return this.reference.remove(each.id);
      case 'pause':
        return await this.#change(each.id, (job) => job.state === 'active' && { state: 'paused' });
      case 'resume':
        return await this.#change(
          each.id,
          (job) => job.state === 'paused' && { state: job.nextFireAt === null ? 'finished' : 'active' },
        );
      case 'rewind':
        return await this.#change(each.id, (job) => {
          const nextFireAt = this.#firstSlot(job.id);
          return job.state !== 'finished' && { nextFireAt, dueAt: nextFireAt };
        });
      case 'claim':
        return await this.#claim(each);
      case 'add':
        return await this.#add(each.id);
      case 'take': {
        const taken = await this.store.take(lane(each.limit), this.#scope);
        this.#handOut(taken);
        return expect(taken.map(({ runId }) => runId)).toEqual(this.reference.take(each.limit));
      }
      case 'complete':
        return await this.#complete(each.pick, each.hasFailed ? 'failed' : 'succeeded');
      case 'crash':
        return await this.#crash();
    }
  }

  async #put(jobId: string): Promise<void> {
    await this.store.untilLater();
    const [result] = await this.store.session.putJobs([jobId], (_id, stored, { now, lastSeries }) =>
      aJob(
        {
          id: jobId,
          policy: jobId === PATIENT ? PATIENCE : IMPATIENCE,
          createdAt: stored?.createdAt ?? now,
          origin: jobId === DECLARED ? 'declared' : 'added',
          maxInstances: IDS.indexOf(jobId as (typeof IDS)[number]) + 1,
          nextFireAt: this.#firstSlot(jobId),
          gen: stored ? stored.gen + 1 : now,
          fence: stored ? stored.fence : now,
          series: Math.max(stored?.series ?? 0, lastSeries) + 1,
        },
        now,
      ),
    );
    this.reference.put(result!.after as JobRecord, true);
  }

  async #change(jobId: string, change: (job: JobRecord) => false | Partial<JobRecord>): Promise<void> {
    const [changed] = await this.store.session.changeJobs([jobId], (job) => {
      const part = change(job);
      return part ? { ...job, ...part, gen: job.gen + 1 } : null;
    });
    if (changed) this.reference.put(changed.after);
  }

  async #claim(each: Extract<Step, { do: 'claim' }>): Promise<void> {
    const seen = this.#seen.get(each.id) ?? [];
    this.#seen.set(each.id, seen);
    const stored = await this.store.session.getJob(each.id);
    const job = each.isStale ? seen[0] : stored;
    if (stored) seen.push(stored);
    if (!job || job.nextFireAt === null) return;

    const entry = this.#entry(job, each);
    const { records, lost } = await this.store.session.claim(this.store.node, [entry]);
    expect(lost).toEqual(this.reference.claim(entry) ? [] : [each.id]);
    this.#handOut(records.map(({ run }) => run));
  }

  #entry(job: JobRecord, { backlog, runs, isLast, dispatchesLeft }: Extract<Step, { do: 'claim' }>): ClaimEntry {
    const first = job.nextFireAt as number;
    const slots = Array.from({ length: backlog + (runs ? 1 : 0) }, (_, i) => first + i * SECOND);
    const lastFireAt = slots.at(-1) ?? first;
    const nextFireAt = isLast ? null : lastFireAt + SECOND;
    const planned = slots.map((slot) => ({ scheduledAt: slot, dueAt: slot }));
    const missed = { state: 'missed', reason: 'misfire', scheduledAt: first, untilAt: first, count: 1 } as const;
    return {
      jobId: job.id,
      job,
      expectedFireAt: first,
      gen: job.gen,
      fence: job.fence,
      dispatchesLeft,
      plan: {
        nextFireAt,
        nextDueAt: nextFireAt,
        lastFireAt,
        run: runs ? planned.at(-1)! : null,
        backlog: planned.slice(0, backlog),
        rollUps: slots.length === 0 ? [missed] : [],
      },
    };
  }

  async #add(jobId: string): Promise<void> {
    const availableAt = this.start + 30 * MINUTE + this.#added++;
    const result = await this.store.session.addRuns(jobId, (job) => [aDraft(job, availableAt)]);
    for (const { runId } of result?.added ?? []) this.reference.add(jobId, runId, availableAt);
    expect(result === null).toBe(!this.reference.jobs.has(jobId));
  }

  async #complete(pick: number, state: 'succeeded' | 'failed'): Promise<void> {
    const handedOut = this.#handedOut[pick % Math.max(this.#handedOut.length, 1)];
    if (!handedOut) return;
    // So that no two retries become available in the same instant.
    const now = await this.store.untilLater();
    const { run, runId, fence } = handedOut;
    const retryDelayMs = state === 'failed' ? retryDelayOf(run, run.jobId === PATIENT ? PATIENCE : IMPATIENCE) : null;
    const completion = { run, state, finishedAt: now, outcome: null, retryDelayMs };
    const { fenced, retrying, paused } = await this.store.session.complete([completion]);
    const gens = await this.#gensOf(paused);
    const became = this.reference.complete(runId, fence, state, retrying[0]?.availableAt ?? now, gens);
    expect(fenced.map((each) => each.runId)).toEqual(became === 'fenced' ? [runId] : []);
    expect(retrying.map((each) => each.runId)).toEqual(became === 'waits for its next attempt' ? [runId] : []);
  }

  async #crash(): Promise<void> {
    await this.store.untilLater();
    const { requeued, paused } = await this.store.session.leaveNode(this.store.node);
    await this.store.session.joinNode(aNode(this.store.node), HOUR);
    this.reference.loseAll(requeued[0]?.availableAt ?? 0, await this.#gensOf(paused));
  }

  /** The clock of the store has a say in them. */
  async #gensOf(paused: readonly PausedJob[]): Promise<ReadonlyMap<string, number>> {
    const jobs = await Promise.all(paused.map(({ id: jobId }) => this.store.job(jobId)));
    return new Map(jobs.map((job) => [job.id, job.gen]));
  }

  /** Runs that may be completed, now or when they are not running any more. */
  #handOut(runs: readonly RunRecord[]): void {
    for (const run of runs)
      if (run.state === 'running') this.#handedOut.push({ run, runId: run.runId, fence: run.fence });
  }

  async #expectSame(): Promise<void> {
    const { jobs } = await this.store.session.listJobs({});
    const expected = [...this.reference.jobs.values()].toSorted((one, other) => (one.id < other.id ? -1 : 1));
    expect(jobs.map(courseOf)).toEqual(expected.map(courseOf));

    const runs = await this.store.runs();
    expect(runs.map(storyOf)).toEqual(this.reference.runs.map(storyOf));
    this.#expectInvariants(runs);
  }

  #expectInvariants(runs: readonly RunRecord[]): void {
    expect(new Set(runs.map(({ runId }) => runId)).size).toBe(runs.length);
    for (const [index, jobId] of IDS.entries()) {
      const running = runs.filter((run) => run.jobId === jobId && run.state === 'running');
      expect(running.length).toBeLessThanOrEqual(index + 1);
      expect(new Set(running.map(({ fence }) => fence)).size).toBe(running.length);
    }
    for (const job of this.reference.jobs.values()) {
      const slots = runs.filter(({ runId, scheduledAt }) => runId === slotRunId(job.id, job.series, scheduledAt));
      expect(slots).toHaveLength(job.runCount);
    }
  }

  /** Slots of different jobs never coincide, so that the order of queued runs is certain. */
  #firstSlot(jobId: string): number {
    return this.start + IDS.indexOf(jobId as (typeof IDS)[number]) * 7;
  }
}

function courseOf({ id: jobId, state, nextFireAt, lastFireAt, gen, fence, runCount, failures }: ReferenceJob) {
  return { id: jobId, state, nextFireAt, lastFireAt, gen, fence, runCount, failures };
}

function storyOf({ runId, attempt, state }: Pick<RunRecord, 'runId' | 'attempt' | 'state'>): string {
  return `${runId} attempt ${attempt}: ${state}`;
}

export function describeModel(open: OpenStore, { usesVirtualClock }: ConformanceOptions): void {
  describe('whatever is done to it', () => {
    it('G1 G2 G5 G8 W08 W09 behaves as the rules say: each slot on record once, never too many runs at a time', async () => {
      const property = fc.asyncProperty(
        fc.array(step, { minLength: 10, maxLength: 50, size: 'max' }),
        async (steps) => {
          const store = await StoreDriver.open(open);
          try {
            const pair = new Pair(store, (await store.now()) - HOUR);
            await pair.take([{ do: 'put', id: 'a' }, { do: 'put', id: 'c' }, ...steps]);
          } finally {
            await store.opened.dispose();
          }
        },
      );
      await expect(fc.assert(property, { numRuns: usesVirtualClock ? 150 : 15 })).resolves.toBeUndefined();
    }, 180_000);
  });
}
