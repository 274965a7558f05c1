import type { JobRecord } from '../../jobs/job-record.js';
import type { Need } from '../../stores/job-store.js';
import { aJob, aPolicy, HOUR, MINUTE, SECOND } from './store-fixtures.js';
import type { StoreDriver } from './store-driver.js';
import type { StoreTestFramework } from './store-test-framework.js';
import { each } from '../each.js';

const refusal = new Error('refused by the callback');

export function describeJobs({ describe, expect, it }: StoreTestFramework, store: () => StoreDriver): void {
  describe('putting jobs', () => {
    it('stores every field and gives it back', async () => {
      const now = await store().now();
      const job: JobRecord = {
        ...aJob({ id: 'full' }, now),
        name: 'Tägliche Auswertung ✓ 日次',
        task: 'Reports.weekly',
        args: [
          'ü',
          1.5,
          -1,
          true,
          null,
          ['a', ['b']],
          { deep: { list: [1, 2], text: '"quoted" \\ \n 🚀', empty: {} } },
        ],
        metadata: { owner: 'Zoë', limits: [1, { max: 2 }], none: null },
        tags: ['a', 'b'],
        executor: 'cpu',
        origin: 'declared',
        state: 'paused',
        nextFireAt: now + HOUR,
        dueAt: now + HOUR + 17,
        lastFireAt: now - HOUR,
        gen: now + HOUR + 3,
        fence: now + HOUR + 5,
        series: 4,
        maxInstances: 3,
        policy: { misfireGraceTime: 1234, coalesce: 'all', catchUpLimit: 7, maxRuns: 9 },
        runCount: 6,
        failures: 2,
        definition: 'a'.repeat(64),
        createdAt: now - 2 * HOUR,
        updatedAt: now - HOUR,
      };
      await store().session.putJobs(['full'], () => job);
      const { trigger, ...stored } = await store().job('full');

      const { trigger: given, ...expected } = job;
      expect(stored).toEqual(expected);
      expect(trigger.toJSON()).toEqual(given.toJSON());
      expect(trigger.bind('full').next(now)).toBe(given.bind('full').next(now));
    });

    it('keeps instants that are not set as null', async () => {
      await store().put({ id: 'bare', state: 'finished', nextFireAt: null, dueAt: null, lastFireAt: null });
      expect(await store().job('bare')).toMatchObject({
        nextFireAt: null,
        dueAt: null,
        lastFireAt: null,
        metadata: null,
      });
    });

    it('keeps a policy with the dates since when nobody declares the job, or all have it disabled', async () => {
      const policy = {
        misfireGraceTime: null,
        coalesce: 'latest',
        catchUpLimit: 100,
        maxRuns: null,
        orphanedAt: 77,
        disabledAt: 55,
      } as const;
      await store().put({ id: 'orphan', policy });
      await store().put({ id: 'kept' });
      expect((await store().job('orphan')).policy).toEqual(policy);
      expect((await store().job('kept')).policy.orphanedAt).toBeUndefined();
    });

    it('gives copies: what a reader or writer does to its objects changes nothing stored', async () => {
      const args = [{ list: [1] }];
      await store().put({ id: 'a', args, metadata: { list: [1] } });
      args[0]!.list.push(2);
      const read = (await store().job('a')) as { args: unknown; metadata: unknown };
      (read.args as typeof args)[0]!.list.push(3);
      (read.metadata as { list: number[] }).list.push(3);

      expect(await store().job('a')).toMatchObject({ args: [{ list: [1] }], metadata: { list: [1] } });
    });

    it('answers null for a job it does not have', async () => {
      expect(await store().session.getJob('nobody')).toBeNull();
    });

    it('asks about every id, with the stored job, the time, and the facts', async () => {
      const stored = await store().put({ id: 'known' });
      const before = await store().now();
      const asked: unknown[] = [];
      await store().session.putJobs(['known', 'new'], (id, job, facts) => {
        asked.push([id, job && job.gen, facts.lastSeries, facts.now >= before]);
        return null;
      });
      expect(asked).toEqual([
        ['known', stored.gen, 0, true],
        ['new', null, 0, true],
      ]);
    });

    it('answers what was stored before and what is stored now, in the order asked for', async () => {
      await store().putAll({ id: 'replaced', name: 'old' }, { id: 'left' });
      const results = await store().session.putJobs(['left', 'replaced', 'new', 'refused'], (id, stored, { now }) => {
        if (id === 'left' || id === 'refused') return null;
        return aJob({ id, name: stored ? 'new' : id }, now);
      });
      expect(results.map(({ id, before, after }) => [id, before && before.name, after && after.name])).toEqual([
        ['left', 'left', 'left'],
        ['replaced', 'old', 'new'],
        ['new', null, 'new'],
        ['refused', null, null],
      ]);
      expect(await store().session.getJob('refused')).toBeNull();
      expect((await store().job('replaced')).name).toBe('new');
    });

    it('writes nothing at all when the decision about one id throws, and passes the error on', async () => {
      await store().put({ id: 'b', name: 'old' });
      const putting = store().session.putJobs(['a', 'b', 'c'], (id, _stored, { now }) => {
        if (id === 'c') throw refusal;
        return aJob({ id, name: 'new' }, now);
      });
      await expect(putting).rejects.toBe(refusal);

      expect(await store().session.getJob('a')).toBeNull();
      expect((await store().job('b')).name).toBe('old');
      expect(await store().put({ id: 'c' })).toMatchObject({ id: 'c' });
    });

    it('tells the highest series among the runs of an id, also after the job is gone', async () => {
      const facts: number[] = [];
      const ask = async () => {
        let last = NaN;
        await store().session.putJobs(['a'], (_id, _stored, { lastSeries }) => {
          last = lastSeries;
          return null;
        });
        facts.push(last);
      };
      await ask();
      await store().put({ id: 'a', series: 3 });
      await ask();
      await store().end((await store().start('a')).run);
      await ask();
      await store().session.removeJobs(['a']);
      await ask();
      expect(facts).toEqual([0, 0, 3, 3]);
    });

    it('W08 never gives a job the gen and fence of one that had its id before', async () => {
      const first = await store().put({ id: 'a' });
      await store().end((await store().start('a')).run);
      const last = await store().job('a');
      await store().session.removeJobs(['a']);
      await store().untilLater();
      await store().untilLater();
      const second = await store().put({ id: 'a' });

      expect(second.gen).toBeGreaterThan(first.gen);
      expect(second.fence).toBeGreaterThan(last.fence);
      const { lost } = await store().session.claim('node-1', [
        { ...claimOf(last), expectedFireAt: second.nextFireAt as number },
      ]);
      expect(lost).toEqual(['a']);
    });

    it('stores many at once', async () => {
      const ids = Array.from({ length: 500 }, (_, i) => `job-${String(i).padStart(3, '0')}`);
      await store().session.putJobs(ids, (id, _stored, { now }) => aJob({ id }, now));
      const { jobs } = await store().session.listJobs({});
      expect(jobs.map(({ id }) => id)).toEqual(ids);
    });

    it('does nothing when given no ids', async () => {
      expect(await store().session.putJobs([], () => null)).toEqual([]);
      expect(await store().session.changeJobs([], () => null)).toEqual([]);
      expect(await store().session.removeJobs([])).toEqual([]);
    });
  });

  describe('changing jobs', () => {
    it('stores what the change answers', async () => {
      const stored = await store().put({ id: 'a' });
      const [changed] = await store().session.changeJobs(['a'], (job, now) => ({
        ...job,
        name: 'b',
        gen: job.gen + 1,
        updatedAt: now,
      }));
      expect(changed!.before.name).toBe('a');
      expect(changed!.after).toMatchObject({ name: 'b', gen: stored.gen + 1 });
      expect(await store().job('a')).toMatchObject({ name: 'b', gen: stored.gen + 1 });
    });

    it('shows the change the job as it is after its last claim, and the time', async () => {
      await store().put({ id: 'a' });
      const { job } = await store().start('a');
      const before = await store().now();
      const [changed] = await store().session.changeJobs(['a'], (stored, now) => {
        expect(stored).toMatchObject({
          fence: job.fence,
          nextFireAt: job.nextFireAt,
          lastFireAt: job.lastFireAt,
          runCount: 1,
        });
        expect(now).toBeGreaterThanOrEqual(before);
        return { ...stored, nextFireAt: now + HOUR, dueAt: now + HOUR };
      });
      expect((await store().job('a')).nextFireAt).toBe(changed!.after.nextFireAt);
    });

    it('leaves out unknown ids, and answers a job without a change as it is', async () => {
      await store().putAll({ id: 'a' }, { id: 'b' });
      const changed = await store().session.changeJobs(['b', 'nobody', 'a'], (job) =>
        job.id === 'a' ? { ...job, name: 'x' } : null,
      );
      expect(changed.map(({ before, after }) => [before.name, after.name])).toEqual([
        ['b', 'b'],
        ['a', 'x'],
      ]);
    });

    it('tells which runs are running', async () => {
      await store().put({ id: 'a', maxInstances: 2 });
      const first = await store().start('a');
      const second = await store().start('a');
      await store().put({ id: 'b' });
      await store().end((await store().start('b')).run);

      const [a, b] = await store().session.changeJobs(['a', 'b'], () => null);
      expect(a!.running.toSorted()).toEqual([first.run.runId, second.run.runId].toSorted());
      expect(b!.running).toEqual([]);
    });

    it('writes nothing at all when one change throws, and passes the error on', async () => {
      await store().putAll({ id: 'a' }, { id: 'b' });
      const changing = store().session.changeJobs(['a', 'b'], (job) => {
        if (job.id === 'b') throw refusal;
        return { ...job, name: 'changed' };
      });
      await expect(changing).rejects.toBe(refusal);
      expect((await store().job('a')).name).toBe('a');
    });

    it('takes a paused job out of what is due, and brings it back with another instant', async () => {
      await store().put({ id: 'a' });
      await store().pause('a');
      expect(await store().due()).toEqual([]);
      const now = await store().now();
      await store().change('a', { state: 'active', nextFireAt: now - SECOND, dueAt: now - SECOND });
      expect(await store().due()).toEqual(['a']);
    });
  });

  describe('removing jobs', () => {
    it('deletes jobs and answers them, leaving out unknown ids', async () => {
      await store().putAll({ id: 'a' }, { id: 'b' }, { id: 'c' });
      const removed = await store().session.removeJobs(['c', 'nobody', 'a']);
      expect(removed.map(({ job }) => job.id).toSorted()).toEqual(['a', 'c']);
      expect((await store().session.listJobs({})).jobs.map(({ id }) => id)).toEqual(['b']);
      expect(await store().due()).toEqual(['b']);
    });

    it('cancels the queued runs and says why', async () => {
      await store().put({ id: 'a', maxInstances: 2 });
      const queued = await store().add('a');
      const [removed] = await store().session.removeJobs(['a']);

      expect(removed!.cancelled.map(({ runId, state, reason }) => [runId, state, reason])).toEqual([
        [queued.runId, 'cancelled', 'removed'],
      ]);
      const run = await store().session.getRun(queued.runId);
      expect(run).toMatchObject({ state: 'cancelled', reason: 'removed' });
      expect(run!.finishedAt).toBeGreaterThanOrEqual(queued.availableAt);
      expect(await store().take()).toEqual([]);
    });

    it('lets running ones end normally', async () => {
      await store().put({ id: 'a' });
      const { run } = await store().start('a');
      await store().session.removeJobs(['a']);
      const { runId } = run;
      expect(await store().session.getRun(runId)).toMatchObject({ state: 'running' });
      expect(await store().end(run)).toEqual({ fenced: [], retrying: [], cancelled: [], paused: [], finished: [] });
      expect(await store().session.getRun(runId)).toMatchObject({ state: 'succeeded' });
    });

    it('keeps the history of a job that is gone', async () => {
      await store().put({ id: 'a' });
      await store().end((await store().start('a')).run);
      await store().session.removeJobs(['a']);
      expect(await store().story('a')).toEqual(['succeeded']);
    });
  });

  describe('listing jobs', () => {
    it('answers by id, ascending, by character code', async () => {
      await store().putAll({ id: 'b' }, { id: 'a:10' }, { id: 'B' }, { id: 'a:9' }, { id: '~' }, { id: '!' });
      const { jobs, unreadable } = await store().session.listJobs({});
      expect(jobs.map(({ id }) => id)).toEqual(['!', 'B', 'a:10', 'a:9', 'b', '~']);
      expect(unreadable).toEqual([]);
    });

    it('filters by ids, task, executor, states and origin, all of which must hold', async () => {
      await store().putAll(
        { id: 'a', task: 'One.x', state: 'paused' },
        { id: 'b', task: 'One.x', executor: 'cpu', origin: 'declared' },
        { id: 'c', task: 'Two.x', state: 'finished', nextFireAt: null },
        { id: 'd', task: 'one.x', executor: 'cpu' },
      );
      const list = async (filter: Parameters<StoreDriver['session']['listJobs']>[0]) =>
        (await store().session.listJobs(filter)).jobs.map(({ id }) => id).join('');

      expect(await list({ ids: ['d', 'a', 'nobody', 'a'] })).toBe('ad');
      expect(await list({ ids: [] })).toBe('');
      expect(await list({ tasks: ['One.x'] })).toBe('ab');
      expect(await list({ tasks: ['Two.x', 'One.x'] })).toBe('abc');
      expect(await list({ tasks: [] })).toBe('');
      expect(await list({ executor: 'cpu' })).toBe('bd');
      expect(await list({ executor: 'cpu', tasks: ['One.x'] })).toBe('b');
      expect(await list({ executor: 'CPU' })).toBe('');
      expect(await list({ states: ['paused', 'finished'] })).toBe('ac');
      expect(await list({ states: [] })).toBe('');
      expect(await list({ origin: 'added' })).toBe('acd');
      expect(await list({ ids: ['a', 'b', 'c'], tasks: ['One.x'], states: ['active'], origin: 'declared' })).toBe('b');
    });

    it('finds the ids of those that have a need and are not finished, so many behind an id', async () => {
      await store().putAll(
        { id: 'a', task: 'One.x' },
        { id: 'B', task: 'One.x', state: 'paused' },
        { id: 'c', task: 'One.x', state: 'finished', nextFireAt: null },
        { id: 'd', task: 'Two.x', executor: 'cpu' },
        { id: 'e', task: 'One.x', executor: 'cpu', origin: 'declared' },
        { id: 'f', task: 'One.X', executor: 'CPU' },
      );
      const find = async (kind: Need['kind'], name: string, after: string, limit: number) =>
        (await store().session.findJobsInNeed({ kind, name }, after, limit)).join('');

      expect(await find('task', 'One.x', '', 2)).toBe('Ba');
      expect(await find('task', 'One.x', 'a', 2)).toBe('e');
      expect(await find('task', 'One.x', 'e', 2)).toBe('');
      expect(await find('task', 'One.x', 'A', 10)).toBe('Bae');
      expect(await find('task', 'nobody', '', 2)).toBe('');
      expect(await find('executor', 'cpu', '', 10)).toBe('de');
      expect(await find('executor', 'cpu', 'd', 10)).toBe('e');
    });

    it('filters by tags: jobs that carry all of them, whatever characters they are made of', async () => {
      const odd = ['50%', 'a_b', '"quoted"', "it's", 'back\\slash', 'comma, tag', 'Grün 日本 🚀', '[x]', '', ' ', 'a'];
      await store().putAll(...odd.map((tag, i) => ({ id: `job-${i}`, tags: [tag, 'all'] })), { id: 'none' });
      const list = async (...tags: string[]) => (await store().session.listJobs({ tags })).jobs.map(({ id }) => id);

      for (const [i, tag] of odd.entries()) expect([tag, await list(tag)]).toEqual([tag, [`job-${i}`]]);
      expect(await list('all')).toHaveLength(odd.length);
      expect(await list('a', 'all')).toEqual(['job-10']);
      expect(await list('a', '50%')).toEqual([]);
      expect(await list('A')).toEqual([]);
      expect(await list('quoted')).toEqual([]);
      expect(await list()).toHaveLength(odd.length + 1);
      expect((await store().job('job-6')).tags).toEqual(['Grün 日本 🚀', 'all']);
    });

    it('sums up what it holds', async () => {
      const nothing = { jobs: 0, nextFireAt: null, hasUnfinishedRuns: false, tasks: [], executors: [] };
      expect(await store().session.summarize()).toEqual(nothing);
      expect((await store().session.nodes()).needs ?? { tasks: [], executors: [] }).toEqual({
        tasks: [],
        executors: [],
      });
      const now = await store().now();
      await store().putAll(
        { id: 'a', nextFireAt: now - MINUTE },
        { id: 'b', task: 'Other.task', state: 'paused', nextFireAt: now - HOUR },
        { id: 'c', task: 'Gone.task', state: 'finished', nextFireAt: null },
        { id: 'd', executor: 'cpu', nextFireAt: now + HOUR },
        { id: 'e', executor: 'idle', state: 'paused', nextFireAt: now + HOUR },
      );
      await store().add('b');
      await store().start('a');
      await store().add('d', { state: 'skipped', reason: 'maxInstances' });
      const { tasks, executors, ...numbers } = await store().session.summarize();

      expect(numbers).toEqual({ jobs: 4, nextFireAt: now - MINUTE + SECOND, hasUnfinishedRuns: true });
      expect(tasks.toSorted()).toEqual(['Other.task', 'Reports.daily']);
      expect(executors.toSorted()).toEqual(['cpu', 'default']);
      const { needs = { tasks, executors } } = await store().session.nodes();
      expect(needs.tasks.toSorted()).toEqual(tasks.toSorted());
      expect(needs.executors.toSorted()).toEqual(executors.toSorted());
    });

    each(it, [
      ['nobody declares it any more', 'orphanedAt'],
      ['all who declare it have it disabled', 'disabledAt'],
    ])('sums up without what can not start since %s, until somebody does', async (_why, mark) => {
      const now = await store().now();
      const policy = aPolicy({ [mark]: now });
      await store().putAll(
        { id: 'gone', origin: 'declared', policy, nextFireAt: now - HOUR },
        { id: 'gone-too', origin: 'declared', policy, executor: 'cpu', nextFireAt: now - HOUR },
      );
      await store().add('gone');
      const nothingToCome = { jobs: 2, nextFireAt: null, hasUnfinishedRuns: false };
      expect(await store().session.summarize()).toMatchObject(nothingToCome);

      // What runs already, ends.
      const before = await store().put({ id: 'running' });
      const { run } = await store().start('running');
      await store().change('running', { policy });
      expect(await store().session.summarize()).toMatchObject({ nextFireAt: null, hasUnfinishedRuns: true });
      await store().end(run);
      await store().put({ id: 'later', nextFireAt: now + HOUR });
      expect(await store().session.summarize()).toMatchObject({ nextFireAt: now + HOUR, hasUnfinishedRuns: false });
      await store().change('gone', { policy: before.policy });
      expect(await store().session.summarize()).toMatchObject({ nextFireAt: now - HOUR, hasUnfinishedRuns: true });
    });
  });
}

function claimOf(job: JobRecord) {
  const { id: jobId, gen, fence } = job;
  const slot = job.nextFireAt as number;
  const plan = {
    nextFireAt: slot + SECOND,
    nextDueAt: slot + SECOND,
    lastFireAt: slot,
    run: { scheduledAt: slot, dueAt: slot },
    backlog: [],
    rollUps: [],
  };
  return { jobId, job, expectedFireAt: slot, gen, fence, plan, dispatchesLeft: null };
}
