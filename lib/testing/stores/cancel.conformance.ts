import { aDraft, aPolicy, HOUR } from './store-fixtures.js';
import type { RunRecord } from '../../jobs/run-record.js';
import type { StoreDriver } from './store-driver.js';
import type { StoreTestFramework } from './store-test-framework.js';

export function describeCancelling({ describe, expect, it }: StoreTestFramework, store: () => StoreDriver): void {
  const retried = { policy: aPolicy({ retry: { maxAttempts: 3, backoff: 'fixed', delay: 1_000 } }) };
  const cancel = (runId: string) => store().session.cancelRun(runId);
  const marked = () => store().session.runsToCancel(store().node);

  describe('cancelling a run', () => {
    it('ends one that waits at once: nobody takes it any more', async () => {
      await store().put({ id: 'a' });
      const { runId } = await store().add('a');
      const result = await cancel(runId);
      expect(result).toMatchObject({
        hasEnded: true,
        run: { runId, state: 'cancelled', reason: 'cancelled' },
        finished: [],
      });
      const stored = await store().session.getRun(runId);
      expect(stored).toMatchObject({ state: 'cancelled', reason: 'cancelled', startedAt: null });
      expect(stored!.finishedAt).not.toBeNull();
      expect(await store().take()).toEqual([]);
    });

    it('ends one that waits for its next attempt, and retires a job that was finished but for it', async () => {
      await store().put({ id: 'a', origin: 'added', ...retried });
      const { run } = await store().start('a', { plan: { nextFireAt: null, nextDueAt: null } });
      await store().fail(run, HOUR);
      const result = await cancel(run.runId);
      expect(result).toMatchObject({ hasEnded: true, finished: [{ id: 'a' }] });
      expect(await store().session.getJob('a')).toBeNull();
    });

    it('marks one that runs, for its node alone, and leaves it running', async () => {
      await store().put({ id: 'a' });
      await store().put({ id: 'b' });
      const { run } = await store().start('a');
      await store().start('b');
      expect(await marked()).toEqual([]);
      expect(await cancel(run.runId)).toMatchObject({ hasEnded: false, run: { state: 'running' }, finished: [] });
      expect(await marked()).toEqual([{ runId: run.runId, reason: 'cancelled' }]);
      expect(await store().session.runsToCancel('somebody-else')).toEqual([]);
      expect(await store().story('a')).toEqual(['running']);
    });

    it('is over when the node ends the run, with the reason that it gives', async () => {
      await store().put({ id: 'a' });
      const { run } = await store().start('a');
      await cancel(run.runId);
      const finishedAt = await store().now();
      const ended = { state: 'cancelled', reason: 'cancelled', finishedAt, outcome: { result: 1 } } as const;
      await store().session.complete([{ run, ...ended, retryDelayMs: null }]);
      expect(await store().session.getRun(run.runId)).toMatchObject(ended);
      expect(await marked()).toEqual([]);
      expect((await store().job('a')).failures).toBe(0);
    });

    it('comes too late for a run that succeeds before its node knows', async () => {
      await store().put({ id: 'a' });
      const { run } = await store().start('a');
      await cancel(run.runId);
      expect(await store().end(run)).toMatchObject({ cancelled: [] });
      expect(await store().story('a')).toEqual(['succeeded']);
      expect(await marked()).toEqual([]);
    });

    it('leaves a run that fails before its node knows without another attempt', async () => {
      await store().put({ id: 'a', ...retried });
      const { run } = await store().start('a');
      await cancel(run.runId);
      const { retrying, cancelled } = await store().fail(run, 0);
      expect(retrying).toEqual([]);
      expect(cancelled).toMatchObject([{ runId: run.runId, state: 'cancelled', reason: 'cancelled' }]);
      expect(await store().story('a')).toEqual(['cancelled/cancelled']);
      expect((await store().job('a')).failures).toBe(0);
    });

    it('G3 leaves a run whose node dies lost, without another attempt', async () => {
      await store().put({ id: 'a', ...retried });
      const { run } = await store().start('a');
      await cancel(run.runId);
      const { lost, requeued } = await store().session.leaveNode(store().node);
      expect(requeued).toEqual([]);
      expect(lost).toMatchObject([{ runId: run.runId, state: 'lost' }]);
    });

    it('leaves what has ended as it is', async () => {
      await store().put({ id: 'a' });
      const { run } = await store().start('a');
      await store().end(run);
      expect(await cancel(run.runId)).toMatchObject({ hasEnded: false, run: { state: 'succeeded' }, finished: [] });
      const { runId } = await store().add('a');
      await cancel(runId);
      expect(await cancel(runId)).toMatchObject({ hasEnded: false, run: { state: 'cancelled' } });
    });

    it('answers null when there is no such run', async () => {
      expect(await cancel('a@2030-01-01T00:00:00.000Z')).toBeNull();
    });
  });

  describe('the progress of a run', () => {
    const progressOf = async (runId: string) => (await store().session.getRun(runId))?.progress;
    const note = (run: RunRecord, progress: number) => store().session.noteProgress([{ run, progress }]);

    it('is kept to a thousandth, and stays when the run has ended', async () => {
      await store().put({ id: 'a' });
      const { run } = await store().start('a');
      expect(await progressOf(run.runId)).toBeNull();
      await note(run, 0.123456);
      expect(await progressOf(run.runId)).toBe(0.123);
      await note(run, 1);
      await store().end(run);
      expect(await progressOf(run.runId)).toBe(1);
    });

    it('begins anew with each attempt', async () => {
      await store().put({ id: 'a', ...retried });
      const { run } = await store().start('a');
      await note(run, 0.5);
      await store().fail(run, 0);
      expect(await progressOf(run.runId)).toBeNull();
    });

    it('G4 is kept of the node that runs it only', async () => {
      await store().put({ id: 'a', ...retried });
      const { run } = await store().start('a');
      await store().fail(run, 0);
      const [again] = await store().take();
      await note(run, 0.5);
      expect(await progressOf(run.runId)).toBeNull();
      await store().end(again!);
      await note(again!, 0.5);
      expect(await progressOf(run.runId)).toBeNull();
    });
  });

  describe('a job that cancels what is running', () => {
    const overlap = { policy: aPolicy({ overlap: 'cancelRunning' }) };

    it('queues the fire, and marks the run that runs for longest', async () => {
      await store().put({ id: 'a', maxInstances: 2, ...overlap });
      const { run: longest } = await store().start('a');
      await store().start('a');
      const { records, toCancel } = await store().claim('a');
      expect(records).toMatchObject([{ run: { state: 'queued' } }]);
      expect(toCancel).toEqual([{ runId: longest.runId, reason: 'superseded' }]);
      expect(await marked()).toEqual(toCancel);
      expect(await store().take()).toEqual([]);
      await store().end(longest, 'cancelled');
      expect(await store().take()).toHaveLength(1);
    });

    it('skips further fires until the one that waits has started', async () => {
      await store().put({ id: 'a', ...overlap });
      await store().start('a');
      await store().claim('a');
      const { records, toCancel } = await store().claim('a');
      expect(records).toMatchObject([{ run: { state: 'skipped', reason: 'maxInstances' } }]);
      expect(toCancel).toEqual([]);
    });

    it('skips a fire that comes when the one that waits is about to start, and cancels nobody for it', async () => {
      await store().put({ id: 'a', ...overlap });
      const { run } = await store().start('a');
      await store().claim('a');
      await store().end(run, 'cancelled');
      const { records, toCancel } = await store().claim('a');
      expect(records).toMatchObject([{ run: { state: 'skipped', reason: 'maxInstances' } }]);
      expect(toCancel).toEqual([]);
      const [next] = await store().take();
      const later = await store().claim('a');
      expect(later.records).toMatchObject([{ run: { state: 'queued' } }]);
      expect(later.toCancel).toEqual([{ runId: next!.runId, reason: 'superseded' }]);
    });

    it('makes room for a retry that waits in place of the fire', async () => {
      await store().put({ id: 'a', ...overlap });
      const { run: failed } = await store().start('a');
      await store().fail(failed, HOUR);
      const { run } = await store().start('a');
      await store().session.cancelRun(failed.runId);
      await store().add('a');
      const { records, toCancel } = await store().claim('a');
      expect(records).toMatchObject([{ run: { state: 'skipped' } }]);
      expect(toCancel).toEqual([{ runId: run.runId, reason: 'superseded' }]);
    });

    it('makes room for those that are to be caught up with, one with each fire', async () => {
      await store().put({ id: 'a', ...overlap });
      for (let i = 0; i < 3; i++) await store().add('a');
      const [first] = await store().take();
      expect((await store().claim('a')).toCancel).toEqual([{ runId: first!.runId, reason: 'superseded' }]);
      expect((await store().claim('a')).toCancel).toEqual([]);
      await store().end(first!, 'cancelled');
      const [second] = await store().take();
      expect((await store().claim('a')).toCancel).toEqual([{ runId: second!.runId, reason: 'superseded' }]);
    });

    it('cancels no backfill: the fire waits until it has ended, and those after it are skipped', async () => {
      await store().put({ id: 'a', ...overlap });
      await store().add('a', { origin: 'backfill' });
      await store().take();
      for (const state of ['queued', 'skipped']) {
        const { records, toCancel } = await store().claim('a');
        expect(records).toMatchObject([{ run: { state } }]);
        expect(toCancel).toEqual([]);
      }
    });

    it('marks as well for a run that is added by hand', async () => {
      await store().put({ id: 'a', ...overlap });
      const { run } = await store().start('a');
      const result = await store().session.addRuns('a', (job, _facts, now) => [aDraft(job, now, { supersedes: true })]);
      expect(result!.toCancel).toEqual([{ runId: run.runId, reason: 'superseded' }]);
    });
  });
}
