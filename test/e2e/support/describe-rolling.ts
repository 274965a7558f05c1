import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { at, interval } from '../../../lib/index.js';
import { ServerTables, type ServerType } from '../../stores/typeorm/server-tables.js';
import { Lives, type Life, type ToldEvent } from './life.js';

const slotsOf = (events: readonly ToldEvent[]): number[] =>
  events.map(({ scheduledTime }) => Date.parse(String(scheduledTime)));

/** From each to the next: several intervals where fires were rolled up. */
const distances = (slots: readonly number[]): number[] => slots.slice(1).map((slot, i) => slot - (slots[i] ?? 0));

const nodeOf = (life: Life): string => life.events('scheduler.started')[0]?.node as string;

/**
 * What must be true while two versions of an application run side by side on one database: nobody claims what it can't
 * run, and nobody deletes or sets back what the other declares.
 *
 * @param server `null`: a file
 */
export function describeRolling(name: string, server: ServerType | null): void {
  describe(`two versions of an application at the same time on ${name}`, () => {
    const options = { shutdownTimeout: 0 };
    let lives: Lives;
    beforeEach(() => {
      lives = new Lives(server && new ServerTables(server));
      lives.open();
    });
    afterEach(() => lives.close());

    /** Nodes that have run jobs, by job. */
    const nodesByJob = async (): Promise<Record<string, Set<string | null>>> => {
      const nodes: Record<string, Set<string | null>> = {};
      for (const { jobId, node, state } of await lives.runs()) {
        if (state === 'succeeded') (nodes[jobId] ??= new Set()).add(node);
      }
      return nodes;
    };

    it('W10 P04 P18 run only what each of them knows; what both know goes by the definition of the last starter', async () => {
      const old = await lives.start('rolling/old', { options });
      const fresh = await lives.start('rolling/new', { options });
      expect(fresh.events('job.rescheduled')).toMatchObject([{ jobId: 'shared' }]);
      const trigger = interval(50);
      // Either adds what only the other can run.
      await old.ask('addJob', { id: 'for-new', task: 'new-task', trigger });
      await fresh.ask('addJob', { id: 'for-old', task: 'old-task', trigger });
      await expect(old.ask('addJob', { id: 'for-none', task: 'no-task', trigger })).rejects.toMatchObject({
        code: 'UNKNOWN_TASK',
      });
      await Promise.all([
        old.event('run.succeeded', { jobId: 'old-only' }, 5),
        old.event('run.succeeded', { jobId: 'for-old' }, 5),
        fresh.event('run.succeeded', { jobId: 'new-only' }, 5),
        fresh.event('run.succeeded', { jobId: 'for-new' }, 5),
      ]);
      // The old version is started once more beside the new one, as by an operator who goes back.
      await old.end('SIGTERM');
      const shared = { jobId: 'shared' };
      const before = fresh.events('run.succeeded', shared).length;
      await fresh.event('run.succeeded', shared, before + 3);
      const slotsOfNew = slotsOf(fresh.events('run.succeeded', shared).slice(before));
      const back = await lives.start('rolling/old', { options });
      expect(back.events('job.rescheduled')).toMatchObject([shared]);
      await fresh.end('SIGTERM');
      await back.event('run.succeeded', shared, 3);
      await back.end('SIGTERM');

      const nodes = await nodesByJob();
      expect(nodes['old-only']).toEqual(new Set([nodeOf(old), nodeOf(back)]));
      expect(nodes['for-old']).toEqual(new Set([nodeOf(old), nodeOf(back)]));
      expect(nodes['new-only']).toEqual(new Set([nodeOf(fresh)]));
      expect(nodes['for-new']).toEqual(new Set([nodeOf(fresh)]));
      // Nobody sets the definition back while he runs.
      expect([old, fresh, back].map((life) => life.events('job.rescheduled').length)).toEqual([0, 1, 1]);
      expect(distances(slotsOfNew).filter((ms) => ms % 70 !== 0)).toEqual([]);
      expect(distances(slotsOf(back.events('run.succeeded', shared))).filter((ms) => ms % 50 !== 0)).toEqual([]);
      const ids = (await lives.runs()).map(({ runId }) => runId);
      expect(new Set(ids).size).toBe(ids.length);
    });

    it('W08 W09 a job that is replaced, or removed and added again, by one while the other runs it, goes on as the new one', async () => {
      const runner = await lives.start('rolling/old', { options });
      const other = await lives.start('rolling/new', { options: { ...options }, now: undefined });
      const job = { task: 'gated', trigger: interval(40) };
      // Only the old version waits at the gate; the new one is paused, so that it does not run the job itself.
      await other.ask('pause');
      await other.ask('addJob', { ...job, id: 'replaced', args: ['first'] });
      await other.ask('addJob', { ...job, id: 'again', args: ['first'] });
      const oldRuns = await Promise.all(['replaced', 'again'].map((id) => runner.tells('started', id)));

      await other.ask('addJob', {
        ...job,
        id: 'replaced',
        args: ['second'],
        trigger: interval(60),
        onConflict: 'replace',
      });
      await other.ask('removeJob', 'again');
      await other.ask('addJob', { ...job, id: 'again', args: ['second'], maxRuns: 1 });
      await runner.ask('open', 'first');
      await runner.ask('open', 'second');
      for (const runId of oldRuns) await runner.event('run.succeeded', { runId, result: 'first' });
      await runner.event('run.succeeded', { jobId: 'replaced', result: 'second' }, 3);
      await runner.event('run.succeeded', { jobId: 'again', result: 'second' });
      await runner.event('job.finished', { jobId: 'again' });

      expect(await other.ask('getJob', 'replaced')).toMatchObject({ args: ['second'], state: 'active' });
      expect(await other.ask('getJob', 'again')).toBeNull();
      const ids = (await lives.runs()).map(({ runId }) => runId);
      expect(new Set(ids).size).toBe(ids.length);
    });

    it('P18 keep what only the other declares, whoever starts last, and remove it only when nobody has declared it for long', async () => {
      const short = { options: { ...options, historyRetention: { maxAge: { milliseconds: 1 } } } };
      const orphaned = async (id: string) => {
        const rows = await lives.query<{ policy: string }>(({ job }) => `SELECT policy FROM ${job} WHERE id = '${id}'`);
        return rows.map(({ policy }) => 'orphanedAt' in (JSON.parse(policy) as object));
      };
      const old = await lives.start('rolling/old', short);
      const fresh = await lives.start('rolling/new', short);
      await fresh.end('SIGTERM');
      const again = await lives.start('rolling/new', short);
      await old.end('SIGTERM');
      const back = await lives.start('rolling/old', short);
      expect([await orphaned('old-only'), await orphaned('new-only')]).toEqual([[false], [false]]);
      await Promise.all([
        back.event('run.succeeded', { jobId: 'old-only' }),
        again.event('run.succeeded', { jobId: 'new-only' }),
      ]);

      // The old version has gone for good: at the first start without it the job is marked, at a later one removed.
      await again.end('SIGTERM');
      await back.end('SIGTERM');
      const alone = await lives.start('rolling/new', short);
      expect(alone.told('warn').join()).toContain('"old-only"');
      expect([await orphaned('old-only'), await orphaned('new-only')]).toEqual([[true], [false]]);
      await alone.end('SIGTERM');
      const last = await lives.start('rolling/new', short);
      const removed = last.events('job.removed').map(({ jobId }) => jobId as string);
      expect(removed.toSorted((a, b) => a.localeCompare(b))).toEqual(['old-only', 'old-quiet']);
      expect([old, fresh, again, back, alone].flatMap((life) => life.events('job.removed'))).toEqual([]);
    });

    it('P04 P18 mark what is gone from the code as soon as the last of the old version has left, be the new one never down', async () => {
      const short = { options: { ...options, leaseTtl: 1_500 } };
      const old = [await lives.start('rolling/old', short), await lives.start('rolling/old', short)];
      const fresh = [await lives.start('rolling/new', short), await lives.start('rolling/new', short)];
      const warningsOf = (lines: readonly unknown[]) => lines.filter((line) => String(line).includes('No decorator'));
      await old[0]!.end('SIGTERM');
      const before = fresh[0]!.events('run.succeeded').length;
      await fresh[0]!.event('run.succeeded', {}, before + 10);
      await old[1]!.end('SIGTERM');
      const told = await Promise.race(
        fresh.map((life) => life.until('a warning', () => warningsOf(life.told('warn'))[0])),
      );
      expect(told).toMatch(/"old-only", "old-quiet" in the store "default"/);
      await Promise.all(fresh.map((life) => life.end('SIGTERM')));
      expect([...old, ...fresh].flatMap((life) => warningsOf(life.told('warn')))).toHaveLength(1);
      const marked = await lives.query<{ id: string }>(
        ({ job }) => `SELECT id FROM ${job} WHERE policy LIKE '%orphanedAt%' ORDER BY id`,
      );
      expect(marked.map(({ id }) => id)).toEqual(['old-only', 'old-quiet']);
    });

    it('W10 change a job by any of them, and run it by hand, though only the other one can', async () => {
      const old = await lives.start('rolling/old', { options });
      const fresh = await lives.start('rolling/new', { options });
      const run = (more: object = {}) => fresh.ask<{ runId: string }>('runJob', 'old-quiet', more);
      const { runId } = await run();
      expect(await old.event('run.succeeded', { runId })).toMatchObject({ jobId: 'old-quiet', origin: 'manual' });
      await fresh.ask('modifyJob', 'old-quiet', { tags: ['changed'] });
      await fresh.ask('pauseJob', 'old-quiet', { wait: true });
      expect(await old.ask('getJob', 'old-quiet')).toMatchObject({ state: 'paused', tags: ['changed'] });
      const { runId: forced } = await run({ force: true });
      await old.event('run.succeeded', { runId: forced });
      await fresh.ask('resumeJob', 'old-quiet');
      await fresh.ask('rescheduleJob', 'old-quiet', interval(50));
      await old.event('run.succeeded', { jobId: 'old-quiet', origin: 'schedule' }, 2);
      expect(fresh.events('run.started', { jobId: 'old-quiet' })).toEqual([]);
    });

    it('W02 W10 leave the retry of a run whose node has died to one that can run it', async () => {
      const short = { options: { ...options, leaseTtl: 1_500 } };
      const fresh = await lives.start('rolling/new', short);
      const old = await lives.start('rolling/old', short);
      const retry = { maxAttempts: 3, delay: 0 };
      const trigger = at(new Date());
      await old.ask('addJob', { id: 'dying', task: 'old-gated', args: ['gate'], trigger, retry });
      const runId = await old.tells('started', 'dying');
      await old.end('SIGKILL');
      await fresh.event('run.retrying', { runId });
      const before = fresh.events('run.succeeded', { jobId: 'new-only' }).length;
      await fresh.event('run.succeeded', { jobId: 'new-only' }, before + 5);
      expect(await lives.runs('dying')).toMatchObject([{ state: 'queued', attempt: 2, node: null }]);

      const heir = await lives.start('rolling/old', short);
      await heir.tells('started', 'dying');
      await heir.ask('open', 'gate');
      expect(await heir.event('run.succeeded', { runId })).toMatchObject({ attempt: 2, result: 'gate' });
      expect(fresh.events('run.started', { jobId: 'dying' })).toEqual([]);
    });

    it('W10 a row of a later format is left alone, and runs again when it is one that is known', async () => {
      const setFormat = (version: number) =>
        lives.change(({ job }) => `UPDATE ${job} SET def_version = ${version} WHERE id = 'later'`);
      const first = await lives.start('rolling/old', { options });
      await first.ask('addJob', { id: 'plain', task: 'old-task', trigger: interval(50) });
      await first.ask('addJob', { id: 'later', task: 'old-task', trigger: interval(50) });
      await first.event('run.succeeded', { jobId: 'later' });
      await first.end('SIGTERM');
      await setFormat(99);
      const rowOf = () => lives.query(({ job }) => `SELECT * FROM ${job} WHERE id = 'later'`);
      const row = await rowOf();

      const second = await lives.start('rolling/old', { options });
      await second.event('run.succeeded', { jobId: 'plain' }, 5);
      expect(second.events('run.started', { jobId: 'later' })).toEqual([]);
      expect(await rowOf()).toEqual(row);
      await setFormat(1);
      await second.event('run.succeeded', { jobId: 'later' });
    });
  });
}
