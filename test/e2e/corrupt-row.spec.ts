import { describe, expect } from 'vitest';
import { interval } from '../../lib/index.js';
import { tamper } from '../stores/typeorm/open-store.js';
import { it, type Life } from './support/life.js';
import { query } from './support/records.js';

/** Job → what is written into one of its columns. `old-only` is declared, the others are added. */
const DAMAGE = {
  'old-only': ['trigger_def', '{"definition":'],
  added: ['trigger_def', '{}'],
  'added-too': ['policy', '[]'],
  'and-a-third': ['args', 'not json'],
} as const;

type Damaged = keyof typeof DAMAGE;
const IDS = Object.keys(DAMAGE) as Damaged[];

/** The table, past all code of ours. */
class JobRows {
  readonly #database: string;

  constructor(database: string) {
    this.#database = database;
  }

  row(id: string): Record<string, unknown> | undefined {
    const sql = 'SELECT * FROM scheduler_job WHERE id = ?';
    return query<Record<string, unknown>>(this.#database, sql, id)[0];
  }

  value(id: Damaged): unknown {
    return this.row(id)?.[DAMAGE[id][0]];
  }

  write(id: Damaged, value: unknown): void {
    tamper(this.#database, `UPDATE scheduler_job SET ${DAMAGE[id][0]} = ? WHERE id = ?`, value, id);
  }
}

describe('a row that can not be read', () => {
  const options = { leaseTtl: 1_000, shutdownTimeout: 0 };

  const runAgain = (life: Life, jobId: string, times: number) =>
    life.event('run.succeeded', { jobId }, life.events('run.succeeded', { jobId }).length + times);
  const idsOf = async (life: Life) => (await life.ask<{ id: string }[]>('getJobs')).map(({ id }) => id);

  it('P04 P05 is left in place and reported once, harms no other job, and is a job again when it is repaired', async ({
    lives,
  }) => {
    const table = new JobRows(lives.database);
    const first = await lives.start('rolling/old', { options });
    const added = IDS.filter((id) => id !== 'old-only');
    const job = { task: 'old-task', trigger: interval(50) };
    await first.ask(
      'addJobs',
      added.map((id) => ({ ...job, id })),
    );
    for (const jobId of IDS) await first.event('run.succeeded', { jobId });
    await first.end('SIGTERM');
    const sound = new Map(IDS.map((id) => [id, table.value(id)]));
    for (const id of IDS) table.write(id, DAMAGE[id][1]);
    const damaged = IDS.map((id) => table.row(id));

    const second = await lives.start('rolling/old', { options });
    for (const jobId of IDS) await second.event('job.unresolvable', { jobId, reason: 'unreadable' });
    expect(second.told('warn')).toContainEqual(expect.stringContaining('"added"'));
    expect(await idsOf(second)).toEqual(['old-quiet', 'shared']);
    await expect(second.ask('removeJob', 'added')).rejects.toMatchObject({ code: 'UNREADABLE_JOB' });
    expect(await second.ask('pauseJobs', { task: 'old-task' })).toBe(0);
    await runAgain(second, 'shared', 20);
    expect(IDS.map((id) => table.row(id))).toEqual(damaged);
    expect(second.events('run.started').filter(({ jobId }) => jobId !== 'shared')).toEqual([]);

    for (const id of IDS) table.write(id, sound.get(id));
    for (const jobId of IDS) {
      await second.event('run.succeeded', { jobId }, 2);
      expect(second.events('job.unresolvable', { jobId })).toHaveLength(1);
      expect(second.events('job.recovered', { jobId })).toHaveLength(1);
    }
    expect(await idsOf(second)).toEqual(
      [...IDS, 'old-quiet', 'shared'].toSorted((one, other) => (one < other ? -1 : 1)),
    );
  });

  it('P04 P05 is so as well when it is damaged under a running application', async ({ lives }) => {
    const table = new JobRows(lives.database);
    const life = await lives.start('rolling/old', { options });
    await life.event('run.succeeded', { jobId: 'old-only' });
    const sound = table.value('old-only');
    const [, rubbish] = DAMAGE['old-only'];
    table.write('old-only', rubbish);
    await life.event('job.unresolvable', { jobId: 'old-only', reason: 'unreadable' });
    await runAgain(life, 'shared', 5);
    expect(table.value('old-only')).toBe(rubbish);
    table.write('old-only', sound);
    await life.event('job.recovered', { jobId: 'old-only' });
    await runAgain(life, 'old-only', 1);
    expect(life.events('job.unresolvable')).toHaveLength(1);
    expect(life.told('error')).toEqual([]);
  });
});
