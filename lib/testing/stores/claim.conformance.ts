import { rollUpRunId, slotRunId } from '../../jobs/run-id.js';
import type { RunRecord } from '../../jobs/run-record.js';
import { aClaim, aNode, aPolicy, HOUR, MINUTE, SECOND, type ClaimOverrides } from './store-fixtures.js';
import type { StoreDriver } from './store-driver.js';
import type { StoreTestFramework } from './store-test-framework.js';
import { each } from '../each.js';

const NOTHING = { records: [], lost: [], finished: [], toCancel: [] };

export function describeClaim({ describe, expect, it }: StoreTestFramework, store: () => StoreDriver): void {
  describe('claim', () => {
    it('starts the run, with everything on record', async () => {
      const job = await store().put({ id: 'a' });
      const before = await store().now();
      const { records, lost, finished } = await store().claim('a');
      const slot = job.nextFireAt as number;

      expect([lost, finished, records.length]).toEqual([[], [], 1]);
      const run = await store().session.getRun(slotRunId('a', 1, slot));
      expect(run).toEqual({
        seq: run!.seq,
        runId: slotRunId('a', 1, slot),
        jobId: 'a',
        task: job.task,
        gen: job.gen,
        scheduledAt: slot,
        untilAt: null,
        count: null,
        reason: null,
        availableAt: slot,
        state: 'running',
        node: 'node-1',
        fence: job.fence + 1,
        attempt: 1,
        maxAttempts: 1,
        origin: 'schedule',
        args: null,
        startedAt: run!.startedAt,
        finishedAt: null,
        outcome: null,
        attempts: null,
        progress: null,
        tags: [],
      });
      expect(records[0]!.run).toMatchObject(run!);
      expect(run!.startedAt).toBeGreaterThanOrEqual(before);
    });

    it('advances the job in the same commit', async () => {
      const job = await store().put({ id: 'a' });
      const slot = job.nextFireAt as number;
      const { records } = await store().claim('a', {
        plan: { nextFireAt: slot + SECOND, nextDueAt: slot + SECOND + 5 },
      });
      const course = {
        nextFireAt: slot + SECOND,
        dueAt: slot + SECOND + 5,
        lastFireAt: slot,
        fence: job.fence + 1,
        runCount: 1,
      };

      expect(await store().job('a')).toMatchObject({ ...course, gen: job.gen, state: 'active' });
      expect(records[0]!.job).toMatchObject({ ...course, id: 'a', args: [] });
    });

    it('remembers when a run with jitter was due', async () => {
      const job = await store().put({ id: 'a', dueAt: (await store().now()) - SECOND });
      const { run } = await store().start('a');
      expect(run).toMatchObject({ scheduledAt: job.nextFireAt, availableAt: job.dueAt });
    });

    it('uses the run ids of the series', async () => {
      const job = await store().put({ id: 'a', series: 3 });
      const { run } = await store().start('a');
      expect(run.runId).toBe(slotRunId('a', 3, job.nextFireAt as number));
      expect(run.runId).toContain('a~3@');
    });

    it('claims many at once, each winning or losing for itself', async () => {
      await store().putAll({ id: 'a' }, { id: 'b' }, { id: 'c' });
      const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((id) => store().job(id)));
      await store().pause('b');
      const { records, lost } = await store().session.claim('node-1', [aClaim(a!), aClaim(b!), aClaim(c!)]);
      expect(records.map(({ run }) => run.jobId)).toEqual(['a', 'c']);
      expect(lost).toEqual(['b']);
      expect(await store().session.claim('node-1', [])).toEqual(NOTHING);
    });
  });

  describe('claim loses, and writes nothing,', () => {
    const LOST = { result: { ...NOTHING, lost: ['a'] }, isJobUnchanged: true, runs: [] };
    /** What a claim of job "a" answers and leaves behind. */
    const attempt = async (claiming: () => Promise<unknown>) => {
      const before = JSON.stringify(await store().session.getJob('a'));
      const result = await claiming();
      const after = JSON.stringify(await store().session.getJob('a'));
      return { result, isJobUnchanged: before === after, runs: await store().runs() };
    };

    each<readonly [string, ClaimOverrides]>(it, [
      ['next fire', { expectedFireAt: 1 }],
      ['gen', { gen: 1 }],
      ['fence', { fence: 1 }],
    ])('when the %s is not the one that was peeked', async (_field, overrides) => {
      await store().put({ id: 'a' });
      expect(await attempt(() => store().claim('a', overrides))).toEqual(LOST);
    });

    each(it, [['nextFireAt'], ['gen'], ['fence']])('when %s has risen since', async (field) => {
      const peeked = await store().put({ id: 'a' });
      await store().session.changeJobs(['a'], (job) => ({ ...job, [field]: (job[field] as number) + 1 }));
      expect(await attempt(() => store().session.claim('node-1', [aClaim(peeked)]))).toEqual(LOST);
    });

    it('when the job is paused, even if nothing else tells so', async () => {
      const peeked = await store().put({ id: 'a' });
      await store().session.changeJobs(['a'], (job) => ({ ...job, state: 'paused' }));
      expect(await attempt(() => store().session.claim('node-1', [aClaim(peeked)]))).toEqual(LOST);
    });

    it('when the job is gone', async () => {
      const peeked = await store().put({ id: 'a' });
      await store().session.removeJobs(['a']);
      expect(await attempt(() => store().session.claim('node-1', [aClaim(peeked)]))).toEqual(LOST);
    });

    it('W06 when the job is not due yet by the clock of the store', async () => {
      await store().put({ id: 'a', nextFireAt: (await store().now()) + HOUR });
      expect(await attempt(() => store().claim('a'))).toEqual(LOST);
    });

    it('W06 when the job is not due yet, though nothing is to run', async () => {
      const now = await store().now();
      await store().put({ id: 'a', nextFireAt: now - HOUR, dueAt: now + HOUR });
      expect(await attempt(() => store().claim('a', { plan: { run: null } }))).toEqual(LOST);
    });

    it('W06 when the slot of the plan is not due yet by the clock of the store', async () => {
      const now = await store().now();
      await store().put({ id: 'a' });
      const run = { scheduledAt: now - SECOND, dueAt: now + HOUR };
      expect(await attempt(() => store().claim('a', { plan: { run, lastFireAt: now - SECOND } }))).toEqual(LOST);
    });

    it('W04 when the lease of the node has run out', async () => {
      await store().put({ id: 'a' });
      await store().session.joinNode(aNode('late'), 0);
      expect(await attempt(() => store().claim('a', {}, 'late'))).toEqual(LOST);
    });

    it('W04 when the node is unknown: it was taken over', async () => {
      await store().put({ id: 'a' });
      await store().session.leaveNode('node-1');
      expect(await attempt(() => store().claim('a'))).toEqual(LOST);
    });

    it('the second time, when one entry comes twice', async () => {
      const job = await store().put({ id: 'a' });
      const { records, lost } = await store().session.claim('node-1', [aClaim(job), aClaim(job)]);
      expect(records).toHaveLength(1);
      expect(lost).toEqual(['a']);
      expect(await store().story('a')).toEqual(['running']);
    });
  });

  describe('claim admits a run', () => {
    it('P27 only while the job has a free instance, and records the skip otherwise', async () => {
      const job = await store().put({ id: 'a' });
      const first = await store().start('a');
      const { records } = await store().claim('a');
      const slot = (job.nextFireAt as number) + SECOND;

      expect(records.map(({ run }) => run.state)).toEqual(['skipped']);
      expect(records[0]!.run).toMatchObject({
        runId: rollUpRunId('a', 1, slot, 'skipped'),
        reason: 'maxInstances',
        scheduledAt: slot,
        untilAt: slot,
        count: 1,
        node: null,
        startedAt: null,
        origin: 'schedule',
      });
      expect(records[0]!.run.finishedAt).not.toBeNull();
      expect(await store().job('a')).toMatchObject({ nextFireAt: slot + SECOND, lastFireAt: slot, runCount: 1 });

      await store().end(first.run);
      await store().start('a');
      expect(await store().story('a')).toEqual(['succeeded', 'skipped/maxInstances', 'running']);
    });

    it('as many times at once as it has instances', async () => {
      await store().put({ id: 'a', maxInstances: 3 });
      for (let i = 0; i < 4; i++) await store().claim('a');
      expect(await store().story('a')).toEqual(['running', 'running', 'running', 'skipped/maxInstances']);
      const fences = (await store().runs('a')).slice(0, 3).map(({ fence }) => fence);
      expect(new Set(fences).size).toBe(3);
    });

    it('behind a due run that is queued: it is queued, too, while there is an instance for both', async () => {
      await store().put({ id: 'a', maxInstances: 2 });
      await store().add('a');
      const { records } = await store().claim('a');
      expect(records.map(({ run }) => run.state)).toEqual(['queued']);
      expect(records[0]!.run).toMatchObject({ node: null, startedAt: null, finishedAt: null, reason: null });
      expect(await store().job('a')).toMatchObject({ runCount: 1 });
    });

    it('not when a due run is queued and there is no instance for both', async () => {
      await store().put({ id: 'a' });
      await store().add('a');
      await store().claim('a');
      expect(await store().story('a')).toEqual(['queued', 'skipped/maxInstances']);
    });

    it('at some time, when the job queues what finds no room: none is skipped', async () => {
      await store().put({ id: 'a', maxInstances: 2, policy: aPolicy({ overlap: 'queue' }) });
      for (let i = 0; i < 5; i++) await store().claim('a');
      expect(await store().story('a')).toEqual(['running', 'running', 'queued', 'queued', 'queued']);
      expect(await store().job('a')).toMatchObject({ runCount: 5 });
    });

    it('at some time, when no other waits and the job queues one that finds no room: the others are skipped', async () => {
      await store().put({ id: 'a', maxInstances: 2, policy: aPolicy({ overlap: 'queueOne' }) });
      for (let i = 0; i < 5; i++) await store().claim('a');
      expect(await store().story('a')).toEqual([
        'running',
        'running',
        'queued',
        'skipped/maxInstances',
        'skipped/maxInstances',
      ]);
      expect(await store().job('a')).toMatchObject({ runCount: 3 });
    });

    it('in the order of the slots, when the job queues what finds no room', async () => {
      await store().put({ id: 'a', policy: aPolicy({ overlap: 'queue' }) });
      let { run } = await store().start('a');
      const slots = [run.scheduledAt];
      for (let i = 0; i < 3; i++) await store().claim('a');
      expect(await store().take()).toEqual([]);
      for (let i = 0; i < 3; i++) {
        await store().end(run);
        // The instance is free, but not for the fire that comes: others wait.
        await store().claim('a');
        [run] = (await store().take()) as [RunRecord];
        slots.push(run.scheduledAt);
        expect(await store().take()).toEqual([]);
      }
      expect(slots).toEqual(slots.map((_, i) => (slots[0] as number) + i * SECOND));
    });

    it('before a queued run that is not due yet', async () => {
      await store().put({ id: 'a' });
      await store().add('a', { availableAt: (await store().now()) + HOUR });
      await store().start('a');
      expect(await store().story('a')).toEqual(['queued', 'running']);
    });

    it('before queued backfills', async () => {
      const job = await store().put({ id: 'a' });
      const slot = (job.nextFireAt as number) - HOUR;
      await store().add('a', { origin: 'backfill', runId: slotRunId('a', 1, slot), scheduledAt: slot });
      await store().start('a');
      expect(await store().story('a')).toEqual(['queued', 'running']);
    });
  });

  describe('claim records', () => {
    it('roll-ups, then the backlog, then the run, in the order of the plan', async () => {
      const job = await store().put({ id: 'a', maxInstances: 9 });
      const slot = job.nextFireAt as number;
      const at = (i: number) => ({ scheduledAt: slot + i * SECOND, dueAt: slot + i * SECOND });
      const { records } = await store().claim('a', {
        plan: {
          rollUps: [
            { state: 'missed', reason: 'misfire', scheduledAt: slot, untilAt: slot + SECOND, count: 2 },
            {
              state: 'skipped',
              reason: 'coalesced',
              scheduledAt: slot + 2 * SECOND,
              untilAt: slot + 4 * SECOND,
              count: 3,
            },
          ],
          backlog: [at(5), at(6)],
          run: at(7),
          lastFireAt: slot + 7 * SECOND,
          nextFireAt: slot + 8 * SECOND,
        },
      });
      const expected = [
        ['missed', 'misfire', slot, slot + SECOND, 2, rollUpRunId('a', 1, slot, 'missed')],
        [
          'skipped',
          'coalesced',
          slot + 2 * SECOND,
          slot + 4 * SECOND,
          3,
          rollUpRunId('a', 1, slot + 2 * SECOND, 'skipped'),
        ],
        ['queued', null, slot + 5 * SECOND, null, null, slotRunId('a', 1, slot + 5 * SECOND)],
        ['queued', null, slot + 6 * SECOND, null, null, slotRunId('a', 1, slot + 6 * SECOND)],
        ['queued', null, slot + 7 * SECOND, null, null, slotRunId('a', 1, slot + 7 * SECOND)],
      ];
      const told = records.map(({ run: r }) => [r.state, r.reason, r.scheduledAt, r.untilAt, r.count, r.runId]);
      expect(told).toEqual(expected);
      const stored = (await store().runs('a')).map((r) => [
        r.state,
        r.reason,
        r.scheduledAt,
        r.untilAt,
        r.count,
        r.runId,
      ]);
      expect(stored).toEqual(expected);
      expect(await store().job('a')).toMatchObject({ lastFireAt: slot + 7 * SECOND, runCount: 3 });
    });

    it('a miss alone, when nothing is left to run', async () => {
      const job = await store().put({ id: 'a' });
      const slot = job.nextFireAt as number;
      const rollUp = { state: 'missed', reason: 'misfire', scheduledAt: slot, untilAt: slot, count: 1 } as const;
      const { records } = await store().claim('a', { plan: { run: null, rollUps: [rollUp] } });
      expect(records.map(({ run }) => run.state)).toEqual(['missed']);
      expect(await store().job('a')).toMatchObject({ runCount: 0, fence: job.fence + 1 });
      expect((await store().runs('a'))[0]!.finishedAt).not.toBeNull();
    });

    it('the backlog as queued, whatever is running and however many instances the job has', async () => {
      const job = await store().put({ id: 'a' });
      await store().start('a');
      const slot = (job.nextFireAt as number) + SECOND;
      const backlog = [0, 1, 2].map((i) => ({ scheduledAt: slot + i, dueAt: slot + i }));
      await store().claim('a', { plan: { run: null, backlog, lastFireAt: slot + 2 } });
      expect(await store().story('a')).toEqual(['running', 'queued', 'queued', 'queued']);
    });

    it('G2 a slot at or before the high-water mark as a duplicate, never as a run', async () => {
      const now = await store().now();
      const slot = now - MINUTE;
      await store().put({ id: 'a', nextFireAt: slot, lastFireAt: slot, maxInstances: 5 });
      const backlog = [{ scheduledAt: slot - SECOND, dueAt: slot - SECOND }];
      const { records } = await store().claim('a', { plan: { backlog } });

      expect(
        records.map(({ run }) => [run.state, run.reason, run.scheduledAt, run.untilAt, run.count, run.runId]),
      ).toEqual([
        ['skipped', 'duplicate', slot - SECOND, slot - SECOND, 1, rollUpRunId('a', 1, slot - SECOND, 'skipped')],
        ['skipped', 'duplicate', slot, slot, 1, rollUpRunId('a', 1, slot, 'skipped')],
      ]);
      expect(await store().job('a')).toMatchObject({ runCount: 0, lastFireAt: slot, nextFireAt: slot + SECOND });
    });

    it('G2 W11 a slot whose run id exists as a duplicate, even when the high-water mark was lost', async () => {
      const job = await store().put({ id: 'a' });
      const slot = job.nextFireAt as number;
      await store().end((await store().start('a')).run);
      await store().change('a', { nextFireAt: slot, dueAt: slot, lastFireAt: null });
      const { records } = await store().claim('a');

      expect(records.map(({ run }) => [run.state, run.reason, run.scheduledAt])).toEqual([
        ['skipped', 'duplicate', slot],
      ]);
      expect(await store().story('a')).toEqual(['succeeded', 'skipped/duplicate']);
      expect(await store().job('a')).toMatchObject({ runCount: 1, nextFireAt: slot + SECOND });
    });

    it('G2 a duplicate once: a record that exists already says it', async () => {
      const slot = (await store().now()) - MINUTE;
      await store().put({ id: 'a', nextFireAt: slot, lastFireAt: slot });
      await store().claim('a');
      await store().change('a', { nextFireAt: slot, dueAt: slot });
      const { records, lost } = await store().claim('a');
      expect({ records, lost }).toEqual({ records: [], lost: [] });
      expect(await store().story('a')).toEqual(['skipped/duplicate']);
    });

    it('G2 nothing as a duplicate that only was missed or skipped before', async () => {
      const job = await store().put({ id: 'a' });
      const slot = job.nextFireAt as number;
      const rollUp = {
        state: 'skipped',
        reason: 'coalesced',
        scheduledAt: slot,
        untilAt: slot + SECOND,
        count: 2,
      } as const;
      await store().claim('a', { plan: { run: null, rollUps: [rollUp], lastFireAt: slot + SECOND } });
      await store().change('a', { nextFireAt: slot, dueAt: slot, lastFireAt: null });
      await store().start('a');
      expect(await store().story('a')).toEqual(['skipped/coalesced', 'running']);
    });

    it('G2 the same slot as a run of its own in another series', async () => {
      const job = await store().put({ id: 'a' });
      const slot = job.nextFireAt as number;
      await store().end((await store().start('a')).run);
      await store().change('a', { nextFireAt: slot, dueAt: slot, lastFireAt: null, series: 2 });
      const { run } = await store().start('a');
      expect(run.runId).toBe(slotRunId('a', 2, slot));
    });

    it('the high-water mark, which never goes back', async () => {
      const now = await store().now();
      await store().put({ id: 'a', nextFireAt: now - MINUTE, lastFireAt: now - SECOND });
      await store().claim('a');
      expect(await store().job('a')).toMatchObject({ lastFireAt: now - SECOND });
    });
  });

  describe('claim finishes a job', () => {
    const last = { plan: { nextFireAt: null, nextDueAt: null } };

    it('that has no next fire, and keeps it until its last run has ended', async () => {
      await store().put({ id: 'a' });
      const { records, finished } = await store().claim('a', last);
      expect(records.map(({ run }) => run.state)).toEqual(['running']);
      expect(finished).toEqual([]);
      expect(await store().job('a')).toMatchObject({ state: 'finished', nextFireAt: null, dueAt: null });
      expect(await store().peek()).toMatchObject({ jobs: [], nextDueAt: null });
    });

    it('and retires it at once when no run of it is left: an added one is deleted', async () => {
      const job = await store().put({ id: 'a' });
      const slot = job.nextFireAt as number;
      const rollUps = [{ state: 'missed', reason: 'misfire', scheduledAt: slot, untilAt: slot, count: 1 } as const];
      const { records, finished } = await store().claim('a', { plan: { ...last.plan, run: null, rollUps } });

      expect(records.map(({ run, job: { id } }) => [id, run.state])).toEqual([['a', 'missed']]);
      expect(finished).toHaveLength(1);
      expect(finished[0]).toMatchObject({ id: 'a', state: 'finished', nextFireAt: null, lastFireAt: slot });
      expect(await store().session.getJob('a')).toBeNull();
      expect(await store().story('a')).toEqual(['missed/misfire']);
    });

    it('and keeps a declared one', async () => {
      await store().put({ id: 'a', origin: 'declared' });
      const { finished } = await store().claim('a', { plan: { ...last.plan, run: null } });
      expect(finished.map(({ id }) => id)).toEqual(['a']);
      expect(await store().job('a')).toMatchObject({ state: 'finished', nextFireAt: null });
    });

    it('whose dispatches are used up by this fire, though its trigger goes on', async () => {
      await store().put({ id: 'a' });
      await store().claim('a', { dispatchesLeft: 1 });
      expect(await store().job('a')).toMatchObject({ state: 'finished', nextFireAt: null, dueAt: null, runCount: 1 });
    });

    it('not while dispatches are left', async () => {
      await store().put({ id: 'a' });
      await store().claim('a', { dispatchesLeft: 2 });
      expect(await store().job('a')).toMatchObject({ state: 'active', runCount: 1 });
    });

    it('whose dispatches are used up by the backlog', async () => {
      const job = await store().put({ id: 'a' });
      const slot = job.nextFireAt as number;
      const backlog = [0, 1].map((i) => ({ scheduledAt: slot + i, dueAt: slot + i }));
      await store().claim('a', { plan: { run: null, backlog, lastFireAt: slot + 1 }, dispatchesLeft: 2 });
      expect(await store().job('a')).toMatchObject({ state: 'finished', runCount: 2 });
      expect(await store().take()).toHaveLength(1);
    });

    it('not by a fire that was skipped or a duplicate', async () => {
      const job = await store().put({ id: 'a' });
      await store().start('a');
      await store().claim('a', { dispatchesLeft: 1 });
      expect(await store().job('a')).toMatchObject({ state: 'active', runCount: 1 });
      await store().change('a', { nextFireAt: job.nextFireAt, dueAt: job.nextFireAt, maxInstances: 2 });
      await store().claim('a', { dispatchesLeft: 1 });
      expect(await store().job('a')).toMatchObject({ state: 'active', runCount: 1 });
      expect(await store().story('a')).toEqual(['running', 'skipped/maxInstances', 'skipped/duplicate']);
    });
  });
}
