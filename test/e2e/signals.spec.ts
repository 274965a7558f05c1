import { describe, expect } from 'vitest';
import { it } from './support/life.js';
import { query, runOf, runsOf } from './support/records.js';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

describe.concurrent.each(SIGNALS)('an application that gets %s', (signal) => {
  it('starts nothing more, lets the running handler end, and has its outcome on record', async ({ lives }) => {
    const life = await lives.start('gated', { options: { shutdownTimeout: 1_000_000 } });
    const runId = (await life.tells('started', 'patient')) as string;
    await life.tells('started', 'beat');
    life.signal(signal);
    await life.tells('state', 'stopping');
    const atStop = runsOf(lives.database).length;
    await life.ask('open', 'patient');
    await life.event('run.succeeded', { runId });
    // The other handler never ends by itself: the second signal is for it.
    life.signal(signal);

    expect(await life.end()).toEqual({ code: null, signal });
    const ended = runsOf(lives.database, 'patient').filter(({ state }) => state !== 'skipped');
    expect(ended).toMatchObject([{ runId, state: 'succeeded', outcome: JSON.stringify({ result: 'done' }) }]);
    expect(runsOf(lives.database)).toHaveLength(atStop);
    expect(query(lives.database, 'SELECT id FROM scheduler_node')).toEqual([]);
    expect(life.events('scheduler.stopped')).toHaveLength(1);
    expect(life.errors).toBe('');
  });

  it('a second time ends at once: signals are aborted, and every run is on record by then', async ({ lives }) => {
    const life = await lives.start('gated', { options: { shutdownTimeout: 1_000_000 } });
    const patient = await life.tells('started', 'patient');
    const obedient = await life.tells('started', 'obedient');
    life.signal(signal);
    await life.tells('state', 'stopping');
    life.signal(signal);

    expect(await life.end()).toEqual({ code: null, signal });
    expect(life.told('aborted')).toEqual([obedient]);
    expect(runOf(lives.database, obedient)).toMatchObject({ state: 'failed' });
    expect(runOf(lives.database, patient)).toMatchObject({ state: 'lost' });
    expect(life.events('run.lost')).toMatchObject([{ runId: patient }]);

    const next = await lives.start('gated');
    expect(next.events('run.lost')).toEqual([]);
  });
});

describe.concurrent('an application that is asked to end', () => {
  it('aborts handlers that still run at shutdownTimeout; those that obey are failed, the others lost', async ({
    lives,
  }) => {
    const life = await lives.start('gated', { options: { shutdownTimeout: 300 } });
    const patient = await life.tells('started', 'patient');
    const obedient = await life.tells('started', 'obedient');
    const askedAt = performance.now();
    expect(await life.end('SIGTERM')).toEqual({ code: null, signal: 'SIGTERM' });
    expect(performance.now() - askedAt).toBeGreaterThanOrEqual(290);

    expect(life.messages).toContainEqual({ aborted: obedient, reason: 'ShutdownAbortError' });
    const ended = runOf(lives.database, obedient);
    expect(ended).toMatchObject({ state: 'failed' });
    expect(JSON.parse(ended?.outcome ?? '')).toMatchObject({ error: { name: 'ShutdownAbortError' } });
    expect(runOf(lives.database, patient)).toMatchObject({ state: 'lost' });
    expect(runsOf(lives.database).filter(({ state }) => state === 'running')).toEqual([]);
  });

  it('goes on where it was at the next start: no slot twice, none without a record', async ({ lives }) => {
    const slots: number[] = [];
    for (let i = 0; i < 3; i++) {
      const life = await lives.start('gated', { options: { shutdownTimeout: 0 } });
      await life.event('run.succeeded', { jobId: 'beat' }, 3);
      await life.end('SIGTERM');
    }
    for (const { scheduledAt, untilAt } of runsOf(lives.database, 'beat')) {
      for (let slot = scheduledAt; slot <= (untilAt ?? scheduledAt); slot += 50) slots.push(slot);
    }
    const [first = 0] = slots;
    expect(slots.sort((one, other) => one - other)).toEqual(slots.map((_, i) => first + i * 50));
  });
});
