import { describe, expect } from 'vitest';
import { it } from './support/life.js';
import { query, recordsOf, runOf, runsOf } from './support/records.js';

/** A lease longer than any test: what waits for it to run out never ends. */
const options = { leaseTtl: { hours: 1 }, shutdownTimeout: 0 };

describe.concurrent('an application that is killed', () => {
  it('G3 W02 while a handler runs finds the run lost at its next start, at once and once, and the job goes on', async ({
    lives,
  }) => {
    const first = await lives.start('gated', { options });
    const runId = (await first.tells('started', 'patient')) as string;
    await first.end('SIGKILL');
    expect(runOf(lives.database, runId)).toMatchObject({ state: 'running' });

    const second = await lives.start('gated', { options });
    const told = second.messages.map(({ event }) => (event as { type: string } | undefined)?.type);
    expect(second.events('run.lost', { jobId: 'patient' })).toMatchObject([
      { runId, attempt: 1, lostNode: expect.any(String) },
    ]);
    expect(second.events('node.lost')).toHaveLength(1);
    expect(told.indexOf('run.lost')).toBeLessThan(told.indexOf('scheduler.started'));
    expect(runOf(lives.database, runId)).toMatchObject({ state: 'lost' });
    await second.ask('open', 'patient');
    const { runId: next } = await second.event('run.succeeded', { jobId: 'patient' });
    expect(next).not.toBe(runId);
    await second.end('SIGTERM');

    const third = await lives.start('gated', { options });
    expect(third.events('run.lost', { runId })).toEqual([]);
    expect(query(lives.database, 'SELECT pid FROM scheduler_node')).toEqual([{ pid: third.pid }]);
    expect(runsOf(lives.database, 'patient').filter((run) => run.runId === runId)).toHaveLength(1);
  });

  it('G3 W02 in the first of two attempts makes the second one at its next start, as the same run; the last is lost', async ({
    lives,
  }) => {
    const first = await lives.start('retried', { options });
    const { runId } = (await first.tells('attempt', { attempt: 1 })) as { runId: string };
    await first.end('SIGKILL');

    const second = await lives.start('retried', { options });
    expect(second.events('run.retrying')).toMatchObject([{ runId, attempt: 1, error: { name: 'RunLostError' } }]);
    expect(second.events('run.lost')).toEqual([]);
    await second.tells('attempt', { runId, attempt: 2 });
    expect(runOf(lives.database, runId)).toMatchObject({ state: 'running', attempt: 2 });
    const [{ attempts }] = query<{ attempts: string }>(
      lives.database,
      'SELECT attempts FROM scheduler_run WHERE run_id = ?',
      runId,
    ) as [{ attempts: string }];
    const [{ lostNode } = { lostNode: '' }] = second.events('node.lost') as unknown as { lostNode: string }[];
    const error = { name: 'RunLostError', message: `Node ${lostNode}, which ran it, died.` };
    expect(JSON.parse(attempts)).toMatchObject([{ attempt: 1, node: lostNode, error }]);
    await second.end('SIGKILL');

    const third = await lives.start('retried', { options });
    expect(third.events('run.lost')).toMatchObject([{ runId, attempt: 2 }]);
    await third.tells('attempt', { attempt: 1 });
    const again = runsOf(lives.database, 'again').filter((run) => run.runId === runId);
    expect(again).toMatchObject([{ state: 'lost', attempt: 2 }]);
  });

  it('G3 leaves its runs to one of two that start in the same instant: one loss, one event', async ({ lives }) => {
    const first = await lives.start('gated', { options });
    const runId = (await first.tells('started', 'patient')) as string;
    await first.end('SIGKILL');

    const heirs = [1, 2].map(() => lives.begin('gated', { options, waits: true }));
    await Promise.all(heirs.map((heir) => heir.tells('loaded')));
    for (const heir of heirs) heir.say('go');
    await Promise.all(heirs.map((heir) => heir.tells('up')));
    expect(heirs.flatMap((heir) => heir.events('run.lost', { runId }))).toHaveLength(1);
    expect(heirs.flatMap((heir) => heir.events('node.lost'))).toHaveLength(1);
    expect(runsOf(lives.database, 'patient').filter((run) => run.runId === runId)).toMatchObject([{ state: 'lost' }]);
  });

  it('is told from one that lives: another start takes nothing from it', async ({ lives }) => {
    const first = await lives.start('gated', { options });
    const runId = (await first.tells('started', 'patient')) as string;
    const second = await lives.start('gated', { options });
    expect(second.events('run.lost')).toEqual([]);
    await first.ask('open', 'patient');
    await first.event('run.succeeded', { runId });
    expect(first.events('run.fenced')).toEqual([]);
  });

  it('W01 before its claim commits has fired nothing: the next one fires that slot, and nothing is lost', async ({
    lives,
  }) => {
    const first = lives.begin('dies-in-claim', { options, diesBefore: 'commit' });
    expect(await first.end()).toEqual({ code: null, signal: 'SIGKILL' });
    expect(first.told('started')).toEqual([]);
    expect(runsOf(lives.database)).toEqual([]);
    const [job] = query<{ next: number }>(lives.database, 'SELECT next_fire_at AS next FROM scheduler_job');

    const second = await lives.start('dies-in-claim', { options });
    await second.event('run.succeeded');
    await second.end('SIGTERM');
    expect(second.events('run.lost')).toEqual([]);
    // That slot itself, or the record of several that became one.
    expect(runsOf(lives.database)[0]).toMatchObject({ scheduledAt: job?.next });
    expect(new Set(second.told('started')).size).toBe(second.told('started').length);
  });

  it('W02 after its claim has committed, before the handler is called, loses the run on record', async ({ lives }) => {
    const first = lives.begin('dies-in-claim', { options, diesBefore: 'handler' });
    expect(await first.end()).toEqual({ code: null, signal: 'SIGKILL' });
    expect(first.told('started')).toEqual([]);
    const claimed = runsOf(lives.database).find(({ state }) => state === 'running');
    expect(claimed).toBeDefined();

    const second = await lives.start('dies-in-claim', { options });
    expect(second.events('run.lost')).toMatchObject([{ runId: claimed?.runId }]);
    await second.event('run.succeeded');
    expect(second.told('started')).not.toContain(claimed?.runId);
  });

  it('G3 G8 in the middle of what it had to catch up goes on with the rest: one run is lost, none is repeated', async ({
    lives,
  }) => {
    const slot = (minute: number) => `2030-01-01T10:0${minute}:00.000Z`;
    await (await lives.start('backlog', { now: '2030-01-01T10:00:30Z' })).end('SIGTERM');
    const first = await lives.start('backlog', { now: '2030-01-01T10:05:10Z' });
    await first.tells('started', `backlog@${slot(1)}`);
    await first.ask('open', slot(1));
    await first.tells('started', `backlog@${slot(2)}`);
    await first.end('SIGKILL');

    const second = await lives.start('backlog', { now: '2030-01-01T10:05:20Z' });
    for (const minute of [3, 4, 5]) await second.ask('open', slot(minute));
    await second.event('run.succeeded', { jobId: 'backlog' }, 3);
    expect(second.told('started')).toEqual([3, 4, 5].map((minute) => `backlog@${slot(minute)}`));
    expect(recordsOf(lives.database, 'backlog')).toEqual([
      '10:01:00 succeeded',
      '10:02:00 lost',
      '10:03:00 succeeded',
      '10:04:00 succeeded',
      '10:05:00 succeeded',
    ]);
  });
});
