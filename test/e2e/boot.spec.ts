import { describe, expect, it } from 'vitest';
import { Lives, type Life } from './support/life.js';
import { query, runsOf } from './support/records.js';

describe('applications that start in the same instant on an empty file', { timeout: 60_000 }, () => {
  const lives = Lives.each();

  it.each([2, 4])(
    'W13 P01 P18 are one cluster, of %i: one migration, each job stored once, each slot run once',
    async (count) => {
      const all: Life[] = Array.from({ length: count }, () =>
        lives.begin('gated', { waits: true, options: { shutdownTimeout: 0 } }),
      );
      await Promise.all(all.map((life) => life.tells('loaded')));
      for (const life of all) life.say('go');
      await Promise.all(all.map((life) => life.tells('up')));
      const added = all.flatMap((life) => life.events('job.added').map(({ jobId }) => jobId));
      expect(added).toHaveLength(3);
      expect(new Set(added)).toEqual(new Set(['beat', 'obedient', 'patient']));
      expect(query(lives.database, 'SELECT name FROM scheduler_migrations')).toHaveLength(1);
      expect(query(lives.database, 'SELECT id FROM scheduler_node')).toHaveLength(count);

      // Until each slot of one second is over, whoever runs it.
      const beats = () =>
        all.flatMap((life) => life.told('started') as string[]).filter((runId) => runId.startsWith('beat@'));
      await Promise.any(all.map((life) => life.until('twenty beats of all together', () => beats().length >= 20)));
      await Promise.all(all.map((life) => life.end('SIGTERM')));
      const started = all.flatMap((life) => life.told('started'));
      expect(new Set(started).size).toBe(started.length);
      const runs = runsOf(lives.database).filter(({ state }) => state !== 'skipped');
      const recorded = new Set(runs.map(({ runId }) => runId));
      expect(started.filter((runId) => !recorded.has(String(runId)))).toEqual([]);
      const unseen = runs.filter(({ state, runId }) => state === 'succeeded' && !started.includes(runId));
      expect(unseen).toEqual([]);
      expect(query(lives.database, 'SELECT id FROM scheduler_node')).toEqual([]);
      expect(all.map(({ errors }) => errors).join('')).toBe('');
    },
  );
});
