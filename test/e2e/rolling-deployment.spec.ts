import { describe, expect } from 'vitest';
import { interval } from '../../lib/index.js';
import { tamper } from '../stores/typeorm/open-store.js';
import { it, type Life, type ToldEvent } from './support/life.js';
import { query, runsOf } from './support/records.js';

const slotsOf = (events: readonly ToldEvent[]): number[] =>
  events.map(({ scheduledTime }) => Date.parse(String(scheduledTime)));

/** From each to the next: several intervals where fires were rolled up. */
const distances = (slots: readonly number[]): number[] => slots.slice(1).map((slot, i) => slot - (slots[i] ?? 0));

const nodeOf = (life: Life): string => life.events('scheduler.started')[0]?.node as string;

describe.concurrent('two versions of an application at the same time on one file', { timeout: 60_000 }, () => {
  const options = { shutdownTimeout: 0 };

  /** Nodes that have run jobs, by job. */
  const nodesByJob = (database: string): Record<string, Set<string | null>> => {
    const nodes: Record<string, Set<string | null>> = {};
    for (const { jobId, node, state } of runsOf(database)) {
      if (state === 'succeeded') (nodes[jobId] ??= new Set()).add(node);
    }
    return nodes;
  };

  it('W10 P04 P18 run only what each of them knows; what both know goes by the definition of the last starter', async ({
    lives,
  }) => {
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

    const nodes = nodesByJob(lives.database);
    expect(nodes['old-only']).toEqual(new Set([nodeOf(old), nodeOf(back)]));
    expect(nodes['for-old']).toEqual(new Set([nodeOf(old), nodeOf(back)]));
    expect(nodes['new-only']).toEqual(new Set([nodeOf(fresh)]));
    expect(nodes['for-new']).toEqual(new Set([nodeOf(fresh)]));
    // Nobody sets the definition back while he runs.
    expect([old, fresh, back].map((life) => life.events('job.rescheduled').length)).toEqual([0, 1, 1]);
    expect(distances(slotsOfNew).filter((ms) => ms % 70 !== 0)).toEqual([]);
    expect(distances(slotsOf(back.events('run.succeeded', shared))).filter((ms) => ms % 50 !== 0)).toEqual([]);
    const ids = runsOf(lives.database).map(({ runId }) => runId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('W08 W09 a job that is replaced, or removed and added again, by one while the other runs it, goes on as the new one', async ({
    lives,
  }) => {
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
    const ids = runsOf(lives.database).map(({ runId }) => runId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('W10 a row of a later format is left alone, and runs again when it is one that is known', async ({ lives }) => {
    const first = await lives.start('rolling/old', { options });
    await first.ask('addJob', { id: 'plain', task: 'old-task', trigger: interval(50) });
    await first.ask('addJob', { id: 'later', task: 'old-task', trigger: interval(50) });
    await first.event('run.succeeded', { jobId: 'later' });
    await first.end('SIGTERM');
    tamper(lives.database, "UPDATE scheduler_job SET def_version = 99 WHERE id = 'later'");
    const rowOf = () => query(lives.database, "SELECT * FROM scheduler_job WHERE id = 'later'");
    const row = rowOf();

    const second = await lives.start('rolling/old', { options });
    await second.event('run.succeeded', { jobId: 'plain' }, 5);
    expect(second.events('run.started', { jobId: 'later' })).toEqual([]);
    expect(rowOf()).toEqual(row);
    tamper(lives.database, "UPDATE scheduler_job SET def_version = 1 WHERE id = 'later'");
    await second.event('run.succeeded', { jobId: 'later' });
  });
});
