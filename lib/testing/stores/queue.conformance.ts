import { slotRunId } from '../../jobs/run-id.js';
import type { RunFacts } from '../../stores/job-store.js';
import { aDraft, aNode, aPolicy, aScope, HOUR, MINUTE, SECOND } from './store-fixtures.js';
import { lane, type StoreDriver } from './store-driver.js';
import type { StoreTestFramework } from './store-test-framework.js';
import { each } from '../each.js';

export function describeQueue({ describe, expect, it }: StoreTestFramework, store: () => StoreDriver): void {
  describe('adding a run', () => {
    it('queues it as drafted', async () => {
      const job = await store().put({ id: 'a', nextFireAt: (await store().now()) + HOUR });
      const now = await store().now();
      const draft = aDraft(job, now, { args: ['ü', { deep: [1] }] });
      const result = await store().session.addRuns('a', () => [draft]);

      const stored = await store().session.getRun(draft.runId);
      expect(stored).toEqual({
        seq: stored!.seq,
        runId: draft.runId,
        jobId: 'a',
        task: job.task,
        gen: job.gen,
        scheduledAt: now,
        untilAt: null,
        count: null,
        reason: null,
        availableAt: now,
        state: 'queued',
        node: null,
        fence: stored!.fence,
        attempt: 1,
        maxAttempts: 1,
        origin: 'manual',
        args: ['ü', { deep: [1] }],
        startedAt: null,
        finishedAt: null,
        outcome: null,
        attempts: null,
        progress: null,
        tags: [],
      });
      expect(result!.added).toMatchObject([stored!]);
      expect(result!.known).toEqual([]);
      expect(result!.job).toMatchObject({ id: 'a', gen: job.gen, fence: job.fence, runCount: 0 });
    });

    it('records a skip as drafted', async () => {
      await store().put({ id: 'a' });
      const run = await store().add('a', { state: 'skipped', reason: 'maxInstances' });
      expect(await store().session.getRun(run.runId)).toMatchObject({
        state: 'skipped',
        reason: 'maxInstances',
        untilAt: run.scheduledAt,
        count: 1,
        startedAt: null,
      });
      expect((await store().session.getRun(run.runId))!.finishedAt).not.toBeNull();
      expect(await store().take()).toEqual([]);
    });

    it('leaves the course of the job as it is', async () => {
      const job = await store().put({ id: 'a' });
      await store().add('a');
      const { trigger: _, ...course } = await store().job('a');
      expect(job).toMatchObject(course);
    });

    it('answers null when there is no such job, and asks nothing', async () => {
      const decide = () => {
        throw new Error('asked');
      };
      expect(await store().session.addRuns('nobody', decide)).toBeNull();
    });

    it('shows the decision the job, how busy it is, and the time', async () => {
      await store().put({ id: 'a', maxInstances: 5 });
      const before = await store().now();
      const seen: RunFacts[] = [];
      const look = () =>
        store().session.addRuns('a', (job, facts, now) => {
          expect(job).toMatchObject({ id: 'a', maxInstances: 5 });
          expect(now).toBeGreaterThanOrEqual(before);
          seen.push({ ...facts });
          return [aDraft(job, now, { state: 'skipped' })];
        });
      await look();
      await store().start('a');
      await look();
      await store().add('a');
      await store().add('a', { availableAt: before + HOUR });
      await store().add('a', { origin: 'backfill' });
      await look();
      expect(seen).toEqual([
        { running: 0, runningBackfills: 0, queuedDue: 0, pruned: null },
        { running: 1, runningBackfills: 0, queuedDue: 0, pruned: null },
        { running: 1, runningBackfills: 0, queuedDue: 1, pruned: null },
      ]);
    });

    it('does not count what waits for a paused job to be resumed', async () => {
      await store().put({ id: 'a' });
      await store().add('a');
      await store().pause('a');
      const seen: number[] = [];
      const look = () =>
        store().session.addRuns('a', (_job, { queuedDue }) => {
          seen.push(queuedDue);
          return [];
        });
      await look();
      await store().add('a');
      await look();
      expect(seen).toEqual([0, 1]);
    });

    it('writes nothing when the decision throws, and passes the error on', async () => {
      await store().put({ id: 'a' });
      const refusal = new Error('refused by the callback');
      const adding = store().session.addRuns('a', () => {
        throw refusal;
      });
      await expect(adding).rejects.toBe(refusal);
      expect(await store().runs('a')).toEqual([]);
    });

    it('G2 answers the run that is there when its id exists', async () => {
      await store().put({ id: 'a' });
      const first = await store().add('a');
      await store().take();
      const again = await store().add('a', { runId: first.runId, args: ['other'] });
      expect(again).toMatchObject({ seq: first.seq, runId: first.runId, state: 'running', args: null });
      expect(await store().story('a')).toEqual(['running']);
    });

    it('G2 adds several at once, and tells those that were there from those that were not', async () => {
      await store().put({ id: 'a' });
      const first = await store().add('a');
      const result = await store().session.addRuns('a', (job, _facts, now) => [
        aDraft(job, now, { runId: 'a@one' }),
        aDraft(job, now, { runId: first.runId }),
        aDraft(job, now, { runId: 'a@two' }),
      ]);
      expect(result!.added.map(({ runId }) => runId)).toEqual(['a@one', 'a@two']);
      expect(result!.known).toMatchObject([{ runId: first.runId, seq: first.seq }]);
      expect(await store().story('a')).toEqual(['queued', 'queued', 'queued']);
    });

    it('tells between which slots the history of the job is gone', async () => {
      await store().put({ id: 'a' });
      const { run } = await store().start('a');
      await store().end(run);
      const earlier = run.scheduledAt - HOUR;
      await store().add('a', { state: 'skipped', scheduledAt: earlier });
      await store().untilLater();
      expect(await store().session.pruneRuns({ maxAge: 0, maxRunsPerJob: 1000, maxRuns: null }, 10)).toBe(2);
      const seen: unknown[] = [];
      await store().session.addRuns('a', (_job, { pruned }) => {
        seen.push(pruned);
        return [];
      });
      expect(seen).toEqual([{ from: earlier, until: run.scheduledAt }]);
    });
  });

  describe('backfills', () => {
    const backfill = { origin: 'backfill' } as const;

    it('start after all other runs, retries included, however long they have waited', async () => {
      for (const id of ['a', 'b', 'c']) await store().put({ id });
      const past = await store().add('a', { ...backfill, availableAt: (await store().now()) - HOUR });
      const now = await store().add('b');
      expect((await store().take(lane(1))).map(({ runId }) => runId)).toEqual([now.runId]);
      expect((await store().take(lane(1))).map(({ runId }) => runId)).toEqual([past.runId]);
    });

    it('take half of the free slots at most, and one at least', async () => {
      await store().put({ id: 'a', maxInstances: 100 });
      for (let i = 0; i < 12; i++) await store().add('a', backfill);
      expect(await store().take(lane(5))).toHaveLength(3);
      expect(await store().take(lane(1))).toHaveLength(1);
      await store().add('a');
      expect((await store().take(lane(4))).map(({ origin }) => origin)).toEqual(['manual', 'backfill', 'backfill']);
    });

    it('G2 keep their slots: the schedule does not run them once more', async () => {
      const job = await store().put({ id: 'a', maxInstances: 5 });
      const slot = job.nextFireAt as number;
      await store().add('a', { ...backfill, runId: slotRunId('a', job.series, slot), scheduledAt: slot });
      const { records } = await store().claim('a');
      expect(records).toMatchObject([{ run: { state: 'skipped', reason: 'duplicate', scheduledAt: slot } }]);
    });

    it('are seen by a peek when nothing else waits', async () => {
      await store().put({ id: 'a', nextFireAt: (await store().now()) + HOUR });
      const { availableAt } = await store().add('a', backfill);
      expect((await store().peek()).nextQueuedAt).toBe(availableAt);
    });

    each(it, [['skip'], ['queueOne']])('let no fire be skipped: with %s it waits for one to end', async (overlap) => {
      await store().put({ id: 'a', policy: aPolicy({ overlap }) });
      await store().add('a', backfill);
      await store().add('a', backfill);
      const [running] = await store().take();
      const { records } = await store().claim('a');
      expect(records).toMatchObject([{ run: { state: 'queued', origin: 'schedule' } }]);
      expect(await store().take()).toEqual([]);
      await store().end(running!);
      expect(await store().take()).toMatchObject([{ origin: 'schedule' }]);
    });
  });

  describe('taking queued runs', () => {
    it('makes a run running, under a fence of its own', async () => {
      const job = await store().put({ id: 'a' });
      const queued = await store().add('a');
      const before = await store().now();
      const [taken] = await store().session.takeQueued({ node: 'node-1', lanes: lane(1), scope: store().scope });

      const stored = await store().session.getRun(queued.runId);
      expect(stored).toMatchObject({
        state: 'running',
        node: 'node-1',
        fence: job.fence + 1,
        seq: queued.seq,
        attempt: 1,
      });
      expect(stored!.startedAt).toBeGreaterThanOrEqual(before);
      expect(taken!.run).toMatchObject(stored!);
      expect(taken!.job).toMatchObject({ id: 'a', fence: job.fence + 1 });
      expect(await store().job('a')).toMatchObject({ fence: job.fence + 1, runCount: 0, nextFireAt: job.nextFireAt });
      expect(await store().take()).toEqual([]);
    });

    it('makes a plan that was peeked before lose', async () => {
      const peeked = await store().put({ id: 'a', maxInstances: 2 });
      await store().add('a');
      await store().take();
      expect((await store().claim('a', { fence: peeked.fence })).lost).toEqual(['a']);
    });

    it('takes the longest available first, those of one job in the order of recording', async () => {
      const now = await store().now();
      await store().putAll({ id: 'a', maxInstances: 9 }, { id: 'b', maxInstances: 9 });
      const add = async (id: string, availableAt: number) => (await store().add(id, { availableAt })).runId;
      const third = await add('a', now - SECOND);
      const fourth = await add('a', now - SECOND);
      const first = await add('b', now - HOUR);
      const second = await add('a', now - MINUTE);
      expect((await store().take()).map(({ runId }) => runId)).toEqual([first, second, third, fourth]);
    });

    it('takes no more than the lanes allow', async () => {
      await store().putAll({ id: 'a', maxInstances: 9 }, { id: 'b', maxInstances: 9, executor: 'cpu' });
      for (const id of ['a', 'a', 'a', 'b', 'b']) await store().add(id);
      const taken = await store().take([...lane(2), ...lane(1, 'cpu')]);
      expect(taken.map(({ jobId }) => jobId).toSorted()).toEqual(['a', 'a', 'b']);
      expect(await store().take(lane(0))).toEqual([]);
      expect(await store().take([])).toEqual([]);
      expect((await store().take()).map(({ jobId }) => jobId)).toEqual(['a']);
    });

    it('G5 starts no more runs of a job than it has instances, those of the schedule counted', async () => {
      await store().putAll({ id: 'a', maxInstances: 2 }, { id: 'b' });
      const { run } = await store().start('a');
      for (const id of ['a', 'a', 'a', 'b']) await store().add(id);
      expect((await store().take()).map(({ jobId }) => jobId).toSorted()).toEqual(['a', 'b']);
      expect(await store().take()).toEqual([]);
      await store().end(run);
      expect(await store().take()).toHaveLength(1);
    });

    it('is not held up by queued runs of a busy job', async () => {
      await store().putAll({ id: 'busy' }, { id: 'free' });
      await store().start('busy');
      const now = await store().now();
      for (let i = 0; i < 20; i++) await store().add('busy', { availableAt: now - HOUR + i });
      await store().add('free');
      expect((await store().take(lane(1))).map(({ jobId }) => jobId)).toEqual(['free']);
    });

    it('leaves a run that is not available yet', async () => {
      await store().put({ id: 'a' });
      await store().add('a', { availableAt: (await store().now()) + HOUR });
      expect(await store().take()).toEqual([]);
    });

    it('takes only what is in scope', async () => {
      await store().putAll(
        { id: 'a', task: 'Unknown.task' },
        { id: 'b', origin: 'declared' },
        { id: 'c' },
        { id: 'd' },
      );
      for (const id of ['a', 'b', 'c', 'd']) await store().add(id);
      expect((await store().take(lane(9), aScope({ excludedJobs: ['d'] }))).map(({ jobId }) => jobId)).toEqual(['c']);
      const scope = aScope({ tasks: ['Unknown.task'], declaredJobs: ['b'] });
      expect((await store().take(lane(9), scope)).map(({ jobId }) => jobId).toSorted()).toEqual(['a', 'b']);
    });

    it('W04 gives nothing to a node without a live lease', async () => {
      await store().put({ id: 'a' });
      await store().add('a');
      await store().session.joinNode(aNode('late'), 0);
      expect(await store().take(lane(9), store().scope, 'late')).toEqual([]);
      expect(await store().take(lane(9), store().scope, 'stranger')).toEqual([]);
      expect(await store().take()).toHaveLength(1);
    });

    it('leaves the queued runs of a paused job, and takes them when it goes on', async () => {
      await store().put({ id: 'a' });
      await store().add('a');
      await store().pause('a');
      expect(await store().take()).toEqual([]);
      await store().change('a', { state: 'active' });
      expect(await store().take()).toHaveLength(1);
    });

    it('takes a run of a paused job that was made after the pause, past those made before', async () => {
      await store().put({ id: 'a', maxInstances: 3 });
      await store().add('a');
      await store().pause('a');
      const forced = await store().add('a');
      expect((await store().take()).map(({ runId }) => runId)).toEqual([forced.runId]);
      expect(await store().take()).toEqual([]);
    });

    it('takes the runs of a job whose schedule is finished', async () => {
      await store().put({ id: 'a', maxInstances: 2 });
      await store().add('a');
      await store().claim('a', { plan: { nextFireAt: null, nextDueAt: null } });
      expect((await store().take()).map(({ state }) => state)).toEqual(['running', 'running']);
    });

    it('goes by the executor that the job has now', async () => {
      await store().put({ id: 'a' });
      await store().add('a');
      await store().change('a', { executor: 'cpu' });
      expect(await store().take()).toEqual([]);
      expect(await store().take(lane(1, 'cpu'))).toHaveLength(1);
    });

    it('gives the run of a job that was modified the new job, and keeps the gen and the arguments it was made with', async () => {
      const job = await store().put({ id: 'a', args: [{ of: 'old' }] });
      await store().add('a');
      await store().change('a', { args: ['new'], tags: ['new'] });
      const [taken] = await store().session.takeQueued({ node: 'node-1', lanes: lane(1), scope: store().scope });
      expect(taken!.job).toMatchObject({ args: ['new'], tags: ['new'] });
      expect(taken!.run).toMatchObject({ gen: job.gen, args: [{ of: 'old' }] });
    });

    it('keeps the arguments of a running run for its next attempt, and those that a run has for itself', async () => {
      const retry = { maxAttempts: 3, backoff: 'fixed', delay: 0 } as const;
      await store().put({ id: 'a', args: ['old'], maxInstances: 2, policy: aPolicy({ retry }) });
      const own = await store().add('a', { args: ['own'] });
      await store().add('a');
      const taken = await store().take(lane(2));
      await store().session.putJobs(['a'], (_, stored) => ({ ...stored!, args: ['new'], gen: stored!.gen + 1 }));
      await store().session.complete(
        taken.map((run) => ({ run, state: 'failed', finishedAt: run.startedAt ?? 0, outcome: null, retryDelayMs: 0 })),
      );
      const again = await store().take(lane(2));
      expect(again.map(({ runId, args, attempt }) => [runId === own.runId, args, attempt])).toEqual([
        [true, ['own'], 2],
        [false, ['old'], 2],
      ]);
    });

    it('takes a run that was forced upon a paused job, also when the job was modified since', async () => {
      await store().put({ id: 'a', maxInstances: 3 });
      await store().add('a');
      await store().pause('a');
      const forced = await store().add('a');
      await store().change('a', { tags: ['new'] });
      expect((await store().take(lane(3))).map(({ runId }) => runId)).toEqual([forced.runId]);
    });
  });
}
