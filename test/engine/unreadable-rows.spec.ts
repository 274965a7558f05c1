import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TypeOrmJobStore } from '../../lib/stores/typeorm/typeorm-job-store.js';
import { interval } from '../../lib/triggers/interval.js';
import { tamper } from '../stores/typeorm/open-store.js';
import { SqliteFolder } from '../stores/typeorm/sqlite-file.js';
import { Harness } from '../support/scheduler-harness.js';
import { settle } from '../support/virtual-clock.js';
import { refusal, shutDown } from './job-api/harnesses.js';

const every10 = interval(10_000);

describe('a row that can not be read, where the loop would never meet it', () => {
  let folder: SqliteFolder;
  let harness: Harness;

  beforeEach(async () => {
    folder = new SqliteFolder();
    const store = new TypeOrmJobStore({ type: 'better-sqlite3', database: folder.file() });
    harness = new Harness({ store });
    harness.task('work');
    await harness.scheduler.start();
    await harness.service.addJobs(['bad', 'good'].map((id) => ({ id, task: 'work', trigger: every10 })));
  });
  afterEach(async () => {
    await shutDown(harness);
    folder.remove();
  });

  const unresolvable = () =>
    harness.of('job.unresolvable').map(({ jobId, reason, message }) => ({ jobId, reason, message }));

  it.each([
    ['status', 99],
    ['origin', 7],
    ['due_at', 'abc'],
    ['def_version', 99],
    ['max_instances', 0],
  ])('P05 is a job that is reported once, and harms no other: %s = %s', async (column, value) => {
    tamper(folder.file(), `UPDATE scheduler_job SET ${column} = ? WHERE id = 'bad'`, value);
    await harness.clock.advance(60_000);
    expect(unresolvable()).toEqual([
      { jobId: 'bad', reason: 'unreadable', message: expect.stringContaining('"bad"') as unknown },
    ]);
    expect(harness.of('run.succeeded').map(({ jobId }) => jobId)).toContain('good');
    await harness.clock.advance(60_000);
    expect(unresolvable()).toHaveLength(1);
  });

  it.each([
    ['status', 99],
    ['origin', 7],
    ['policy', '{}'],
  ])('P05 is a job that no export leaves out without a word: %s = %s', async (column, value) => {
    tamper(folder.file(), `UPDATE scheduler_job SET ${column} = ? WHERE id = 'bad'`, value);
    for (const filter of [{}, { state: 'active' }, { task: 'work' }] as const) {
      await refusal(() => harness.service.exportJobs(filter), '"bad"', column);
    }
    expect((await harness.service.exportJobs({ task: 'other' })).jobs).toEqual([]);
  });

  it.each([
    ['args', '{'],
    ['scheduled_at', 'abc'],
    ['available_at', 'abc'],
    ['fence', 'x'],
  ])('P05 is a queued run that is reported once, and stays: %s = %s', async (column, value) => {
    harness.scheduler.pause();
    const { runId } = await harness.service.runJob('bad');
    tamper(folder.file(), `UPDATE scheduler_run SET ${column} = ? WHERE run_id = ?`, value, runId);
    harness.scheduler.resume();
    await harness.clock.advance(60_000);
    expect(harness.of('run.unreadable')).toEqual([
      expect.objectContaining({
        jobId: 'bad',
        runId,
        store: 'default',
        message: expect.stringContaining(column) as unknown,
      }),
    ]);
    expect(harness.of('run.started').map((event) => event.runId)).not.toContain(runId);
    await expect(harness.service.getRun(runId)).rejects.toMatchObject({ code: 'UNREADABLE_RUN' });
  });

  it('is an ended run that getRuns passes over and reports once: the pages behind it are reached', async () => {
    await harness.clock.advance(100_000);
    await settle();
    const runs = async () => {
      const ids: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await harness.service.getRuns({ limit: 3, cursor });
        ids.push(...page.runs.map(({ runId }) => runId));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      return ids;
    };
    const before = await runs();
    expect(before.length).toBeGreaterThan(12);
    const bad = before[5] as string;
    tamper(folder.file(), `UPDATE scheduler_run SET started_at = 'x' WHERE run_id = ?`, bad);
    for (let i = 0; i < 2; i++) expect(await runs()).toEqual(before.filter((runId) => runId !== bad));
    expect(harness.of('run.unreadable').map(({ runId }) => runId)).toEqual([bad]);
  });
});
