import { afterEach, describe, expect, it } from 'vitest';
import { currentRun } from '../../lib/executors/run-context.js';
import { interval } from '../../lib/triggers/interval.js';
import { at } from '../../lib/triggers/at.js';
import { Harness } from '../support/scheduler-harness.js';
import { FakeStore, SESSION_METHODS, type Fault, type SessionMethod } from './support/fake-store.js';
import { flawsOf, runsOf } from './support/slots.js';

const EVERY_MS = 5_000;

/** Called by the loop and its services; the others only when the application asks for them. */
const OF_THE_ENGINE = [
  'renewLease',
  'nodes',
  'peek',
  'claim',
  'takeQueued',
  'runsToCancel',
  'complete',
  'pruneRuns',
  'summarize',
  'findUnreadable',
  'findJobsInNeed',
] as const satisfies readonly SessionMethod[];

const FAULTS: readonly Exclude<Fault, null>[] = ['throws', 'reply lost', 'hangs', 'hangs when done', 3_000];

/** A scheduler at work: a synchronous and an asynchronous job, runs by hand, and calls of every kind. */
class Workload {
  readonly store = new FakeStore();
  readonly harness = new Harness({ store: this.store });
  readonly failedCalls: unknown[] = [];

  async start(): Promise<void> {
    const { scheduler, service, clock } = this.harness;
    this.harness.task('tick');
    this.harness.task('work', () => {
      currentRun().progress(0.5);
      return new Promise<void>((resolve) => clock.setTimer(() => resolve(), 2_000));
    });
    await scheduler.start();
    await service.addJob({ id: 'gone', task: 'gone', trigger: interval({ days: 300 }), allowUnknownTask: true });
    await clock.advance(40_000);
    await service.addJob({ id: 'tick', task: 'tick', trigger: interval(EVERY_MS) });
    await service.addJob({ id: 'work', task: 'work', trigger: interval(EVERY_MS) });
    await service.addJob({ id: 'kept', task: 'tick', trigger: interval({ days: 300 }) });
    this.harness.events.length = 0;
    this.store.resetCounts();
  }

  /** `rounds` times ten seconds, each with one call of every kind. */
  async go(rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      await this.harness.clock.advance(9_000);
      this.#useApi(`extra-${this.store.calls.length}`);
      await this.harness.clock.advance(1_000);
    }
  }

  /** Ends as a deployment does: handlers may end. Answers what is wrong with the record. */
  async end(): Promise<string[]> {
    const until = this.harness.clock.now() - EVERY_MS;
    const stopped = this.harness.scheduler.shutdown();
    await this.harness.clock.advance(40_000);
    await stopped;
    const { inner } = this.store;
    const flaws = [
      ...flawsOf(await runsOf(inner, 'tick'), EVERY_MS, until),
      ...flawsOf(await runsOf(inner, 'work'), EVERY_MS, until),
    ];
    for (const run of (await inner.listRuns({ states: ['queued', 'running'], limit: 1_000 })).runs) {
      if (!flaws.some((flaw) => flaw.startsWith(run.runId))) flaws.push(`${run.runId} is ${run.state}`);
    }
    return flaws;
  }

  /** Not awaited: a call that hangs must not hold up the others. */
  #useApi(id: string): void {
    const { service } = this.harness;
    const use = async (): Promise<void> => {
      await service.addJob({ id, task: 'tick', trigger: at('2031-01-01T00:00:00'), store: 'default' });
      const { runId } = await service.runJob('kept', { store: 'default' });
      await service.cancelRun(runId, { store: 'default' });
      await service.pauseJob(id, { store: 'default' });
      await service.getJobs({ store: 'default' });
      await service.getRun(`${id}@2031-01-01T00:00:00.000Z`, { store: 'default' });
      await service.getRuns({ store: 'default', limit: 1 });
      await service.stats({ store: 'default' });
      await service.removeJob(id, { store: 'default' });
    };
    use().catch((error: unknown) => this.failedCalls.push(error));
  }
}

describe('a store that comes back after an outage', () => {
  it('has the outcomes that waited for it before the first claim: nothing is skipped for runs that have ended', async () => {
    const store = new FakeStore();
    const harness = new Harness({ store });
    harness.task('work', () => new Promise<void>((resolve) => harness.clock.setTimer(() => resolve(), 100)));
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'work', task: 'work', trigger: interval(500) });
    for (const outageMs of [700, 5_000, 9_900, 31_300, 60_100]) {
      await harness.clock.advance(5_050);
      store.faultOf = () => 'throws';
      await harness.clock.advance(outageMs);
      store.faultOf = () => null;
      await harness.clock.advance(30_000);
      const runs = await runsOf(store.inner, 'work');
      const isBusyAt = (instant: number): boolean =>
        runs.some(
          ({ startedAt, finishedAt }) => startedAt !== null && startedAt <= instant && instant < Number(finishedAt),
        );
      const skipped = runs.filter(({ reason }) => reason === 'maxInstances');
      expect(skipped.filter(({ scheduledAt }) => !isBusyAt(scheduledAt))).toEqual([]);
    }
    await harness.scheduler.shutdown(0);
  });
});

describe('P05 W03 G8 a store that fails, or whose reply is lost', () => {
  let workload: Workload;
  afterEach(async () => {
    workload.store.faultOf = () => null;
    await workload.harness.scheduler.shutdown(0);
  });

  const untouched: readonly string[] = ['joinNode', 'leaveNode', 'takeOverNode', 'within', 'close'];
  const cases = SESSION_METHODS.filter((method) => !untouched.includes(method)).flatMap((method) =>
    FAULTS.flatMap((fault) => [1, 2, 4].map((n) => [n, method, fault] as const)),
  );

  it.each(cases)('at call %i of %s() (%s) ends neither the loop nor the record', async (n, method, fault) => {
    workload = new Workload();
    await workload.start();
    let faults = 0;
    workload.store.faultOf = (name, call) => {
      if (name !== method || call !== n) return null;
      faults++;
      return fault;
    };
    // Old runs are pruned once a minute, damaged rows looked for every half.
    await workload.go(['pruneRuns', 'findUnreadable'].includes(method) ? 32 : 12);
    expect(faults).toBe(1);

    const { harness } = workload;
    const before = harness.of('run.succeeded').length;
    await workload.go(1);
    expect(harness.of('run.succeeded').length).toBeGreaterThanOrEqual(before + 3);
    const isTold = fault !== 3_000 && (OF_THE_ENGINE as readonly string[]).includes(method);
    expect(harness.types('store.')).toEqual(isTold ? ['store.unavailable', 'store.recovered'] : []);
    expect(await workload.end()).toEqual([]);
    // Not even a reply that was lost after the commit costs a run.
    expect(harness.types('run.lost', 'run.fenced', 'node.lost')).toEqual([]);
  });

  it('is asked again after 0.5 s, then less and less often, up to every 20 s, whatever wakes the loop', async () => {
    workload = new Workload();
    await workload.start();
    const { store, harness } = workload;
    await harness.clock.advance(500);
    store.resetCounts();
    store.faultOf = (method) => (method === 'peek' ? 'throws' : null);
    const asked: number[] = [];
    for (let ms = 0; ms < 120_000; ms += 100) {
      await harness.clock.advance(100);
      store.notify();
      while (asked.length < store.count('peek')) asked.push(ms);
    }
    const pauses = asked.slice(1).map((at_, i) => at_ - (asked[i] as number));
    const full = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000];
    for (const [i, pause] of pauses.entries()) {
      expect(pause).toBeGreaterThanOrEqual((full[i] ?? 20_000) * 0.75 - 100);
      expect(pause).toBeLessThanOrEqual((full[i] ?? 20_000) + 100);
    }
    expect(pauses.length).toBeGreaterThanOrEqual(8);
    store.faultOf = () => null;
    await harness.clock.advance(20_000);
    expect(harness.types('store.')).toEqual(['store.unavailable', 'store.recovered']);
    expect(await workload.end()).toEqual([]);
  });

  it('only when outcomes are written stays unavailable until they are; the bad one holds up no other', async () => {
    workload = new Workload();
    await workload.start();
    const { store, harness } = workload;
    const written = new Set<string>();
    const { complete } = store.inner;
    let isBad = true;
    store.inner.complete = (completions) => {
      if (isBad && completions.some(({ run }) => run.jobId === 'tick' && run.scheduledAt % 60_000 === 0)) {
        return Promise.reject(new Error('the row does not fit'));
      }
      for (const { run } of completions) written.add(run.runId);
      return complete.call(store.inner, completions);
    };
    await harness.clock.advance(59_000);
    const before = written.size;
    await harness.clock.advance(91_000);
    // One of the other job every five seconds.
    expect(written.size).toBeGreaterThanOrEqual(before + 14);
    expect(harness.types('store.')).toEqual(['store.unavailable']);
    isBad = false;
    await harness.clock.advance(20_000);
    expect(harness.types('store.')).toEqual(['store.unavailable', 'store.recovered']);
    expect(await workload.end()).toEqual([]);
  });
});
