import { describe, expect } from 'vitest';
import { it, type Life } from './support/life.js';
import { query, runsOf } from './support/records.js';

const options = { shutdownTimeout: 0 };

describe.concurrent('applications that start on an empty file', () => {
  it.for([2, 4])(
    'W13 P01 P18 in the same instant, %i of them, migrate it once, store each job once and run each slot once',
    async (count, { lives }) => {
      const all: Life[] = Array.from({ length: count }, () => lives.begin('started', { waits: true, options }));
      await Promise.all(all.map((life) => life.tells('loaded')));
      for (const life of all) life.say('go');
      await Promise.all(all.map((life) => life.tells('up')));
      const added = all.flatMap((life) => life.events('job.added', { store: 'default' }).map(({ jobId }) => jobId));
      expect(added).toHaveLength(2);
      expect(new Set(added)).toEqual(new Set(['beat', 'cluster-is-up']));
      expect(query(lives.database, 'SELECT name FROM scheduler_migrations')).toHaveLength(1);
      expect(query(lives.database, 'SELECT id FROM scheduler_node')).toHaveLength(count);
      await Promise.all(all.map((life) => life.event('run.succeeded', { jobId: 'process-is-up' })));

      const beats = () => all.flatMap((life) => life.told('started'));
      await Promise.any(all.map((life) => life.until('twenty beats of all together', () => beats().length >= 20)));
      await Promise.all(all.map((life) => life.end('SIGTERM')));
      const started = beats();
      expect(new Set(started).size).toBe(started.length);
      const runs = runsOf(lives.database, 'beat').filter(({ state }) => state !== 'skipped');
      const recorded = new Set(runs.map(({ runId }) => runId));
      expect(started.filter((runId) => !recorded.has(String(runId)))).toEqual([]);
      const unseen = runs.filter(({ state, runId }) => state === 'succeeded' && !started.includes(runId));
      expect(unseen).toEqual([]);
      expect(runsOf(lives.database, 'cluster-is-up')).toMatchObject([{ state: 'succeeded' }]);
      expect(query(lives.database, 'SELECT id FROM scheduler_node')).toEqual([]);
      expect(all.map(({ errors }) => errors).join('')).toBe('');
    },
  );

  it('one after the other, as in a rolling deployment, run what is due at the start of the cluster once', async ({
    lives,
  }) => {
    const first = await lives.start('started', { options });
    await first.event('run.succeeded', { jobId: 'cluster-is-up' });
    const second = await lives.start('started', { options });
    await first.end('SIGTERM');
    const third = await lives.start('started', { options });
    await second.end('SIGTERM');
    await third.event('run.succeeded', { jobId: 'beat' });
    await third.end('SIGTERM');
    expect(runsOf(lives.database, 'cluster-is-up')).toHaveLength(1);

    const next = await lives.start('started', { options });
    await next.event('run.succeeded', { jobId: 'cluster-is-up' });
    expect(runsOf(lives.database, 'cluster-is-up')).toHaveLength(2);
  });
});
