import type { RetryPolicy } from '../../jobs/retry.js';
import type { RunRecord } from '../../jobs/run-record.js';
import { aDraft, aNode, aPolicy, HOUR, MINUTE, SECOND, type JobOverrides } from './store-fixtures.js';
import { lane, type StoreDriver } from './store-driver.js';
import type { StoreTestFramework } from './store-test-framework.js';
import { each } from '../each.js';

const lastFire = { plan: { nextFireAt: null, nextDueAt: null } };

export function describeRetry({ describe, expect, it }: StoreTestFramework, store: () => StoreDriver): void {
  const put = (overrides: JobOverrides, retry: Partial<RetryPolicy> = {}) =>
    store().put({
      ...overrides,
      policy: aPolicy({ retry: { maxAttempts: 3, backoff: 'fixed', delay: 0, ...retry } }),
    });
  /** The next attempt of a job that has no other queued run. */
  const takeOne = async (): Promise<RunRecord> => {
    const taken = await store().take();
    expect(taken).toHaveLength(1);
    return taken[0]!;
  };
  const stored = async (runId: string) => (await store().session.getRun(runId))!;

  describe('an attempt that fails with others left', () => {
    it('puts the same run back into the queue, for the time that was asked for, by the clock of the store', async () => {
      await put({ id: 'a' });
      const { run } = await store().start('a');
      expect(run).toMatchObject({ attempt: 1, maxAttempts: 3 });
      const { seq, runId, fence, scheduledAt, gen } = run;
      const before = await store().now();
      const { fenced, retrying, finished } = await store().fail(run, HOUR);
      const after = await store().now();

      expect([fenced, finished]).toEqual([[], []]);
      expect(retrying).toHaveLength(1);
      const waiting = await stored(runId);
      expect(retrying[0]).toMatchObject({ runId, state: 'queued', attempt: 2, availableAt: waiting.availableAt });
      expect(waiting.availableAt).toBeGreaterThanOrEqual(before + HOUR);
      expect(waiting.availableAt).toBeLessThanOrEqual(after + HOUR);
      expect(waiting).toMatchObject({ seq, fence, scheduledAt, gen, state: 'queued', attempt: 2, maxAttempts: 3 });
      expect(waiting).toMatchObject({ node: null, startedAt: null, finishedAt: null, outcome: null });
      expect(await store().take()).toEqual([]);
      expect((await store().peek()).nextQueuedAt).toBe(waiting.availableAt);
    });

    it('is followed by the next one, under a fence of its own', async () => {
      await put({ id: 'a' });
      const { run } = await store().start('a');
      const { runId, fence } = run;
      await store().fail(run, 0);
      const second = await takeOne();
      expect(second).toMatchObject({ runId, state: 'running', attempt: 2, node: 'node-1' });
      expect(second.fence).toBeGreaterThan(fence);
      await store().fail(second, 0);
      const third = await takeOne();
      expect(third).toMatchObject({ runId, attempt: 3 });
      expect(await store().end(third, 'failed')).toMatchObject({ fenced: [], retrying: [] });
      expect(await store().story('a')).toEqual(['failed']);
      expect(await stored(runId)).toMatchObject({ attempt: 3, state: 'failed' });
    });

    it('may end well, and leaves nothing of the failure', async () => {
      await put({ id: 'a' });
      await store().fail((await store().start('a')).run, 0);
      const second = await takeOne();
      const { runId } = second;
      await store().end(second);
      expect(await stored(runId)).toMatchObject({ state: 'succeeded', attempt: 2, outcome: null });
    });

    it('is kept with the run, however that ends: which it was, where, when, and what it failed of', async () => {
      await put({ id: 'a' });
      const { run } = await store().start('a');
      const { runId, startedAt } = run;
      expect(run.attempts).toBeNull();
      const finishedAt = (await store().now()) + 7.5;
      const failed = { state: 'failed', finishedAt, retryDelayMs: 0 } as const;
      const error = { name: 'TypeError', message: 'kaputt 💥', stack: 'TypeError: kaputt\n  at x' };
      const { retrying } = await store().session.complete([{ ...failed, run, outcome: { error } }]);
      const first = { attempt: 1, node: 'node-1', startedAt, finishedAt: Math.floor(finishedAt), error };
      expect(retrying[0]?.attempts).toEqual([first]);
      expect((await stored(runId)).attempts).toEqual([first]);

      const second = await takeOne();
      expect(second.attempts).toEqual([first]);
      const { startedAt: startedAgain } = second;
      await store().session.complete([{ ...failed, run: second, outcome: null }]);
      const third = await takeOne();
      await store().end(third);
      const { attempts, state } = await stored(runId);
      expect([state, attempts?.length]).toEqual(['succeeded', 2]);
      expect(attempts?.[0]).toEqual(first);
      expect(attempts?.[1]).toMatchObject({ attempt: 2, startedAt: startedAgain, error: { name: 'NonError' } });
      expect((await store().runs('a'))[0]?.attempts).toEqual(attempts);
    });

    it('is kept through a change of the job, a removal, and the end of the run in failure', async () => {
      await put({ id: 'a' }, { maxAttempts: 2 });
      await put({ id: 'b' });
      for (const id of ['a', 'b']) await store().fail((await store().start(id)).run, id === 'a' ? 0 : HOUR);
      await store().change('a', { args: ['new'] });
      await store().end(await takeOne(), 'failed');
      const [removed] = await store().session.removeJobs(['b']);
      expect(removed?.cancelled[0]?.attempts).toMatchObject([{ attempt: 1 }]);
      for (const [run] of [await store().runs('a'), await store().runs('b')]) {
        expect(run?.attempts).toMatchObject([{ attempt: 1, error: { message: 'try again' } }]);
      }
    });

    it('leaves no record where no other follows: a run with one attempt has none', async () => {
      await put({ id: 'a' });
      await store().end((await store().start('a')).run, 'failed');
      await store().end((await store().start('a')).run);
      expect((await store().runs('a')).map(({ attempts }) => attempts)).toEqual([null, null]);
    });

    it('is one of at most 51 that are kept, the first and the latest', async () => {
      await put({ id: 'a' }, { maxAttempts: 100 });
      const { run } = await store().start('a');
      const { runId } = run;
      await store().fail(run, 0);
      for (let attempt = 2; attempt <= 60; attempt++) await store().fail(await takeOne(), 0);
      const { attempts, attempt } = await stored(runId);
      expect(attempt).toBe(61);
      expect(attempts?.map((each) => each.attempt)).toEqual([1, ...Array.from({ length: 50 }, (_, i) => i + 11)]);
    });

    it('frees the instance while it waits, and takes one again', async () => {
      await put({ id: 'a' });
      await store().fail((await store().start('a')).run, HOUR);
      const { run } = await store().start('a');
      await store().fail(run, 0);
      const again = await takeOne();
      expect(again.attempt).toBe(2);
      await store().claim('a');
      expect(await store().story('a')).toEqual(['queued', 'running', 'skipped/maxInstances']);
    });

    it('waits for an instance when others run by then', async () => {
      await put({ id: 'a' });
      await store().fail((await store().start('a')).run, HOUR);
      await store().add('a', { availableAt: (await store().now()) - MINUTE });
      const manual = await takeOne();
      expect((await store().peek()).nextQueuedAt).toBeNull();
      await store().end(manual);
      expect((await store().peek()).nextQueuedAt).not.toBeNull();
    });

    it('G5 goes before the fires that come after it is due', async () => {
      await put({ id: 'a', maxInstances: 2 });
      await store().fail((await store().start('a')).run, 0);
      await store().claim('a');
      await store().claim('a');
      expect(await store().story('a')).toEqual(['queued', 'queued', 'skipped/maxInstances']);
      expect((await store().take(lane(1))).map(({ attempt }) => attempt)).toEqual([2]);
    });

    it('counts neither as a fire nor as a failure of the job; its last attempt is one', async () => {
      await put({ id: 'a' }, { maxAttempts: 2 });
      await store().fail((await store().start('a')).run, 0);
      expect(await store().job('a')).toMatchObject({ runCount: 1, failures: 0 });
      await store().end(await takeOne(), 'failed');
      expect(await store().job('a')).toMatchObject({ runCount: 1, failures: 1 });
    });

    it('leaves the course of the job as it is, so that a plan stays valid', async () => {
      await put({ id: 'a' });
      const { run } = await store().start('a');
      const { gen, fence, nextFireAt } = await store().job('a');
      await store().fail(run, HOUR);
      expect(await store().job('a')).toMatchObject({ gen, fence, nextFireAt });
    });

    it('is told from the runs that end in the same batch', async () => {
      await put({ id: 'a', maxInstances: 3 });
      const runs = [];
      for (let i = 0; i < 3; i++) runs.push((await store().start('a')).run);
      const finishedAt = await store().now();
      const result = await store().session.complete([
        { run: runs[0]!, state: 'succeeded', finishedAt, outcome: null, retryDelayMs: null },
        { run: runs[1]!, state: 'failed', finishedAt, outcome: null, retryDelayMs: HOUR },
        { run: runs[2]!, state: 'failed', finishedAt, outcome: null, retryDelayMs: null },
      ]);
      expect(result).toMatchObject({ fenced: [], finished: [] });
      expect(result.retrying.map(({ runId }) => runId)).toEqual([runs[1]!.runId]);
      expect(await store().story('a')).toEqual(['succeeded', 'queued', 'failed']);
    });

    it('keeps the number of attempts it was made with when the job is changed', async () => {
      await put({ id: 'a' }, { maxAttempts: 2 });
      const { run } = await store().start('a');
      await store().change('a', { policy: aPolicy() });
      await store().fail(run, 0);
      expect(await takeOne()).toMatchObject({ attempt: 2, maxAttempts: 2 });
      expect((await store().add('a')).maxAttempts).toBe(1);
    });
  });

  describe('runs are made with the attempts of their job', () => {
    it('by the schedule, from a backlog and by hand', async () => {
      const job = await put({ id: 'a' }, { maxAttempts: 4 });
      const slot = job.nextFireAt as number;
      const backlog = [{ scheduledAt: slot, dueAt: slot }];
      const run = { scheduledAt: slot + SECOND, dueAt: slot + SECOND };
      await store().claim('a', { plan: { backlog, run, lastFireAt: slot + SECOND, nextFireAt: slot + HOUR } });
      await store().session.addRuns('a', (stored, _facts, now) => [aDraft(stored, now)]);
      const runs = (await store().runs('a')).filter(({ state }) => state === 'queued' || state === 'running');
      expect(runs.map(({ attempt, maxAttempts }) => [attempt, maxAttempts])).toEqual(runs.map(() => [1, 4]));
      expect(runs.map(({ origin }) => origin)).toContain('manual');
    });
  });

  describe('retries that are due', () => {
    it('come before all other queued runs, in the order in which they became available', async () => {
      await put({ id: 'a', maxInstances: 9 });
      await put({ id: 'b', maxInstances: 9 });
      const now = await store().now();
      const late = (await store().start('a')).run;
      const early = (await store().start('b')).run;
      const lateId = late.runId;
      const earlyId = early.runId;
      await store().fail(early, 0);
      await store().untilLater();
      await store().fail(late, 0);
      const first = await store().add('a', { availableAt: now - HOUR });
      const second = await store().add('b', { availableAt: now - MINUTE });
      const expected = [earlyId, lateId, first.runId, second.runId];
      expect((await store().take(lane(1))).map(({ runId }) => runId)).toEqual(expected.slice(0, 1));
      expect((await store().take()).map(({ runId }) => runId)).toEqual(expected.slice(1));
    });

    it('of one job, and of the same instant, in the order of recording', async () => {
      await put({ id: 'a', maxInstances: 9 });
      const runs = [];
      for (let i = 0; i < 3; i++) runs.push((await store().start('a')).run);
      const ids = runs.map(({ runId }) => runId);
      const finishedAt = await store().now();
      const failed = { state: 'failed', finishedAt, outcome: null, retryDelayMs: 0 } as const;
      await store().session.complete(runs.toReversed().map((run) => ({ run, ...failed })));
      expect((await store().take()).map(({ runId }) => runId)).toEqual(ids);
    });

    it('do not wait for those that are not, nor keep others waiting for those', async () => {
      await put({ id: 'a', maxInstances: 9 });
      await store().fail((await store().start('a')).run, HOUR);
      const due = (await store().start('a')).run;
      const dueId = due.runId;
      await store().fail(due, 0);
      const manual = await store().add('a');
      expect((await store().take()).map(({ runId }) => runId)).toEqual([dueId, manual.runId]);
    });

    it('are not held up by thousands of runs that wait for their first attempt', async () => {
      await put({ id: 'busy' });
      await put({ id: 'a' });
      await store().start('busy');
      const now = await store().now();
      for (let i = 0; i < 250; i++) await store().add('busy', { availableAt: now - HOUR + i });
      await store().fail((await store().start('a')).run, 0);
      expect((await store().take(lane(1))).map(({ jobId, attempt }) => [jobId, attempt])).toEqual([['a', 2]]);
    });
  });

  describe('a fenced outcome', () => {
    it('G4 never makes a retry: the run has ended', async () => {
      await put({ id: 'a' });
      const { run } = await store().start('a');
      await store().end(run);
      expect(await store().fail(run, 0)).toMatchObject({ retrying: [], fenced: [{ runId: run.runId }] });
      expect(await store().story('a')).toEqual(['succeeded']);
    });

    it('G4 never makes a retry: the run waits for one already', async () => {
      await put({ id: 'a' });
      const { run } = await store().start('a');
      const { runId } = run;
      await store().fail(run, HOUR);
      const waiting = await stored(runId);
      expect(await store().fail(run, 0)).toMatchObject({ retrying: [], fenced: [{}] });
      expect(await store().end(run)).toMatchObject({ fenced: [{}] });
      expect(await stored(runId)).toEqual(waiting);
    });

    it('G4 never makes a retry: the next attempt is under way', async () => {
      await put({ id: 'a' });
      const { run } = await store().start('a');
      const { runId } = run;
      await store().fail(run, 0);
      await takeOne();
      expect(await store().fail(run, 0)).toMatchObject({ retrying: [], fenced: [{}] });
      expect(await stored(runId)).toMatchObject({ state: 'running', attempt: 2 });
    });

    it('G4 is the second of two of one run in one batch', async () => {
      await put({ id: 'a' });
      const { run } = await store().start('a');
      const finishedAt = await store().now();
      const { fenced, retrying } = await store().session.complete([
        { run, state: 'failed', finishedAt, outcome: null, retryDelayMs: 0 },
        { run, state: 'failed', finishedAt, outcome: null, retryDelayMs: 0 },
      ]);
      expect([fenced.length, retrying.length]).toEqual([1, 1]);
      expect(await store().runs('a')).toMatchObject([{ state: 'queued', attempt: 2 }]);
    });
  });

  describe('the death of a node', () => {
    it('G3 W02 is a failed attempt: with others left the run waits for the next one, after the delay', async () => {
      await put({ id: 'a' }, { delay: HOUR });
      const { run } = await store().start('a');
      const { runId } = run;
      const before = await store().now();
      const { lost, requeued, finished } = await store().session.leaveNode('node-1');
      expect([lost, finished]).toEqual([[], []]);
      const waiting = await stored(runId);
      expect(requeued).toMatchObject([{ runId, state: 'queued', attempt: 2, availableAt: waiting.availableAt }]);
      expect(waiting).toMatchObject({ state: 'queued', attempt: 2, node: null, startedAt: null });
      expect(waiting.availableAt).toBeGreaterThanOrEqual(before + HOUR);
      expect((await store().fail(run, 0)).fenced).toHaveLength(1);
      expect(await store().job('a')).toMatchObject({ failures: 0 });
    });

    it('G3 loses the run when it was the last attempt', async () => {
      await put({ id: 'a' }, { maxAttempts: 2 });
      await store().fail((await store().start('a')).run, 0);
      await takeOne();
      const { lost, requeued } = await store().session.leaveNode('node-1');
      expect(requeued).toEqual([]);
      expect(lost).toMatchObject([{ state: 'lost', attempt: 2 }]);
    });

    it('loses the run when its job was removed, also when another was added under its id', async () => {
      await put({ id: 'a' });
      await put({ id: 'b' });
      await store().start('a');
      await store().start('b');
      await store().session.removeJobs(['a', 'b']);
      await store().untilLater();
      await put({ id: 'b', series: 2 });
      const { lost, requeued } = await store().session.leaveNode('node-1');
      expect([lost.length, requeued.length]).toEqual([2, 0]);
    });

    it('G3 is kept as a failed attempt, also when it is the second', async () => {
      await put({ id: 'a' });
      await store().fail((await store().start('a')).run, 0);
      const { runId, startedAt } = await takeOne();
      const before = await store().now();
      const { requeued } = await store().session.leaveNode('node-1');
      const { attempts } = await stored(runId);
      expect(requeued[0]?.attempts).toEqual(attempts);
      expect(attempts).toMatchObject([
        { attempt: 1, node: 'node-1', error: { message: 'try again' } },
        { attempt: 2, node: 'node-1', startedAt, error: { name: 'RunLostError' } },
      ]);
      expect(attempts?.[1]?.finishedAt).toBeGreaterThanOrEqual(before);
    });

    it('says whether the node was lost or had to end', async () => {
      await store().session.joinNode(aNode('node-2'), HOUR);
      await put({ id: 'a' });
      await put({ id: 'b' });
      const [a, b] = [(await store().start('a')).run.runId, (await store().start('b', {}, 'node-2')).run.runId];
      await store().session.leaveNode('node-1');
      const [other] = (await store().session.nodes()).nodes;
      await store().session.takeOverNode(other!);
      expect((await stored(a)).attempts?.[0]?.error.message).toContain('shutdown');
      expect((await stored(b)).attempts?.[0]?.error.message).toBe('Node node-2, which ran it, died.');
    });

    it('lets another node make the next attempt', async () => {
      await store().session.joinNode(aNode('node-2'), HOUR);
      await put({ id: 'a' });
      const { runId } = (await store().start('a')).run;
      await store().session.leaveNode('node-1');
      const [taken] = await store().take(undefined, undefined, 'node-2');
      expect(taken).toMatchObject({ runId, attempt: 2, node: 'node-2' });
    });
  });

  describe('a job without a fire left', () => {
    each(it, [['added'], ['declared']])('is not retired while a retry waits, and is then: %s', async (origin) => {
      await put({ id: 'a', origin }, { maxAttempts: 2 });
      expect((await store().fail((await store().start('a', lastFire)).run, 0)).finished).toEqual([]);
      expect(await store().job('a')).toMatchObject({ state: 'finished' });
      const scope = { ...store().scope, version: -1, declaredJobs: new Set(['a']) };
      const [second] = await store().take(lane(1), scope);
      const { finished } = await store().end(second!, 'failed');
      expect(finished.map(({ id }) => id)).toEqual(['a']);
      expect((await store().session.getJob('a')) === null).toBe(origin === 'added');
    });

    it('is not retired by the death of a node while a retry waits', async () => {
      await put({ id: 'a' });
      await store().start('a', lastFire);
      expect((await store().session.leaveNode('node-1')).finished).toEqual([]);
      expect(await store().job('a')).toMatchObject({ state: 'finished' });
    });

    it('is retired by a change that leaves it finished when its last run has ended in a pause', async () => {
      await put({ id: 'a' });
      const { run } = await store().start('a', lastFire);
      await store().pause('a');
      expect(await store().end(run)).toMatchObject({ finished: [] });
      const [changed] = await store().session.changeJobs(['a'], (job) => ({ ...job, state: 'finished' }));
      expect(changed).toMatchObject({ isRetired: true, after: { id: 'a', state: 'finished' } });
      expect(await store().session.getJob('a')).toBeNull();
    });

    it('is told from an idle one by the run it has', async () => {
      await put({ id: 'a', origin: 'declared' });
      const { run } = await store().start('a', lastFire);
      const seen: boolean[] = [];
      const look = () =>
        store().session.changeJobs(['a'], (_job, _now, hasUnfinishedRun) => {
          seen.push(hasUnfinishedRun);
          return null;
        });
      await look();
      await store().fail(run, HOUR);
      await look();
      await store().session.removeJobs(['a']);
      await put({ id: 'a', origin: 'declared', state: 'finished', nextFireAt: null, series: 2 });
      await look();
      expect(seen).toEqual([true, true, false]);
    });
  });

  describe('a job that is removed', () => {
    it('takes its waiting retries along', async () => {
      await put({ id: 'a' });
      const { run } = await store().start('a');
      const { runId } = run;
      await store().fail(run, HOUR);
      const [removed] = await store().session.removeJobs(['a']);
      expect(removed!.cancelled).toMatchObject([{ runId, state: 'cancelled', attempt: 2 }]);
      expect(await store().story('a')).toEqual(['cancelled/removed']);
    });

    it('lets its running runs end, and no retry follows', async () => {
      await put({ id: 'a' });
      const { run } = await store().start('a');
      await store().session.removeJobs(['a']);
      expect(await store().fail(run, 0)).toEqual({ fenced: [], retrying: [], cancelled: [], paused: [], finished: [] });
      expect(await store().runs('a')).toMatchObject([{ state: 'failed', outcome: { error: { name: 'Error' } } }]);
      expect(await store().take()).toEqual([]);
    });

    it('gets no retry of its runs either when another was added under its id', async () => {
      await put({ id: 'a' });
      const { run } = await store().start('a');
      await store().session.removeJobs(['a']);
      await store().untilLater();
      await put({ id: 'a', series: 2 });
      expect((await store().fail(run, 0)).retrying).toEqual([]);
      expect(await store().story('a')).toEqual(['failed']);
      expect(await store().job('a')).toMatchObject({ failures: 0 });
    });
  });

  describe('a job that is paused', () => {
    it('keeps its retries until it goes on', async () => {
      await put({ id: 'a' });
      const { run } = await store().start('a');
      await store().pause('a');
      await store().fail(run, 0);
      expect(await store().take()).toEqual([]);
      expect((await store().peek()).nextQueuedAt).toBeNull();
      await store().change('a', { state: 'active' });
      expect(await store().take()).toMatchObject([{ attempt: 2 }]);
    });

    it('goes on with the retries of a run that was forced after the pause', async () => {
      await put({ id: 'a', maxInstances: 3 });
      await store().fail((await store().start('a')).run, 0);
      await store().pause('a');
      const forced = await store().add('a');
      await store().fail(await takeOne(), 0);
      expect(await store().take()).toMatchObject([{ runId: forced.runId, attempt: 2 }]);
    });
  });
}
