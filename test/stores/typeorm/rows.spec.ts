import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JOB_FORMAT_VERSION } from '../../../lib/jobs/job-record.js';
import type { JobStoreSession } from '../../../lib/stores/job-store.js';
import { UnreadableJobError } from '../../../lib/stores/store-errors.js';
import { UnreadableRunError } from '../../../lib/stores/typeorm/typeorm-errors.js';
import { aClaim, aDraft, aJob, aNode, aScope, HOUR } from '../../support/store-fixtures.js';
import { openFile, tamper } from './open-store.js';
import { SqliteFolder } from './sqlite-file.js';

const LANES = [{ executor: 'default', limit: 10 }];

describe('a row that can not be understood', () => {
  let folder: SqliteFolder;
  let session: JobStoreSession;

  beforeEach(async () => {
    folder = new SqliteFolder();
    session = await openFile(folder.file());
    await session.joinNode(aNode('node-1'), HOUR);
    await session.putJobs(['bad', 'good'], (id, _stored, { now }) => aJob({ id }, now));
  });
  afterEach(async () => {
    await session.close();
    folder.remove();
  });

  const setJob = (column: string, value: unknown) =>
    tamper(folder.file(), `UPDATE scheduler_job SET ${column} = ? WHERE id = 'bad'`, value);
  const peek = (excluded: readonly string[] = []) =>
    session.peek({ horizonMs: 0, lanes: LANES, scope: aScope({ excludedJobs: excluded }) });

  it.each([
    ['trigger_def', 'not json'],
    ['trigger_def', 'null'],
    ['trigger_def', '{"definition":{"kind":"martian","version":1},"anchor":0,"timeZone":"UTC"}'],
    ['trigger_def', '{"definition":{"kind":"interval","version":1},"anchor":0,"timeZone":"Mars/Olympus"}'],
    ['args', '{"a":1}'],
    ['metadata', '[]'],
    ['tags', '[1]'],
    ['tags', '['],
    ['policy', '{}'],
    ['policy', '{"misfireGraceTime":null,"coalesce":"some","catchUpLimit":100,"maxRuns":null}'],
    ['policy', '{"misfireGraceTime":null,"coalesce":"all","catchUpLimit":9,"maxRuns":null,"overlap":"some"}'],
    ['policy', '{"misfireGraceTime":null,"coalesce":"all","catchUpLimit":9,"maxRuns":null,"retry":{"maxAttempts":2}}'],
    ['origin', 7],
    ['next_fire_at', 'soon'],
    ['next_fire_at', null],
    ['next_fire_at', 9_000_000_000_000_000],
    ['due_at', -9_000_000_000_000_000],
    ['updated_at', 9_000_000_000_000_000],
    ['gen', 1.5],
    ['fence', 'x'],
    ['max_instances', 'many'],
    ['max_instances', 0],
    ['status', 99],
    ['due_at', 'abc'],
    ['due_at', null],
    ['run_count', 'x'],
    ['created_at', 'x'],
    ['def_version', 'x'],
  ])('P04 P05 is reported, left in place and harms no other job: %s = %s', async (column, value) => {
    setJob(column, value);

    const { jobs, unreadable } = await session.listJobs({});
    expect(jobs.map((job) => job.id)).toEqual(['good']);
    expect(unreadable.map(({ id, error }) => [id, error.constructor])).toEqual([['bad', UnreadableJobError]]);
    expect((await peek()).jobs.map((job) => job.id)).toContain('good');
    expect((await peek()).jobs.map((job) => job.id)).not.toContain('bad');
    await expect(session.getJob('bad')).rejects.toThrow(/"bad"/);
    expect((await session.listJobs({})).unreadable).toHaveLength(1);
  });

  it('is neither changed nor removed in a call for several jobs, which goes through for the others', async () => {
    setJob('policy', '{}');

    const changed = await session.changeJobs(['bad', 'good'], (job) => ({ ...job, name: 'changed' }));
    expect(changed.map(({ after }) => after.id)).toEqual(['good']);
    const removed = await session.removeJobs(['bad', 'good']);
    expect(removed.map(({ job }) => job.id)).toEqual(['good']);
    expect((await session.listJobs({})).unreadable.map(({ id }) => id)).toEqual(['bad']);
  });

  it('keeps a whole put from being written, with an error that names it', async () => {
    setJob('policy', '{}');

    await expect(session.putJobs(['new', 'bad'], (id, _stored, { now }) => aJob({ id }, now))).rejects.toMatchObject({
      code: 'UNREADABLE_JOB',
      jobId: 'bad',
    });
    expect(await session.getJob('new')).toBeNull();
  });

  it('is named by an error in a call for that job alone', async () => {
    setJob('policy', '{}');

    await expect(session.putJobs(['bad'], (id, _stored, { now }) => aJob({ id }, now))).rejects.toThrow(
      UnreadableJobError,
    );
    await expect(session.changeJobs(['bad'], (job) => job)).rejects.toThrow(UnreadableJobError);
    await expect(session.removeJobs(['bad'])).rejects.toThrow(UnreadableJobError);
    await expect(session.addRuns('bad', (job, _facts, now) => [aDraft(job, now)])).rejects.toThrow(UnreadableJobError);
  });

  it('loses a claim, and the others of the batch win', async () => {
    const { jobs } = await peek();
    setJob('fence', 'damaged');

    const { records, lost } = await session.claim(
      'node-1',
      jobs.map((job) => aClaim(job)),
    );
    expect(lost).toEqual(['bad']);
    expect(records.map(({ run }) => run.jobId)).toEqual(['good']);
  });

  it('comes back by itself once it is repaired, although it is excluded', async () => {
    const { jobs } = await peek();
    const before = jobs.find((job) => job.id === 'bad');
    setJob('trigger_def', 'not json');
    expect((await peek()).unreadable.map(({ id }) => id)).toEqual(['bad']);
    const excluded = await peek(['bad']);
    expect(excluded.unreadable).toEqual([]);
    expect(excluded.jobs.map((job) => job.id)).toEqual(['good']);

    setJob('trigger_def', JSON.stringify(before?.trigger));
    expect((await peek(['bad'])).jobs.map((job) => job.id).sort()).toEqual(['bad', 'good']);
    expect((await session.listJobs({})).unreadable).toEqual([]);
  });

  it('does not hold up the queued runs of others', async () => {
    await session.addRuns('bad', (job, _facts, now) => [aDraft(job, now)]);
    await session.addRuns('good', (job, _facts, now) => [aDraft(job, now)]);
    setJob('policy', '{}');

    const taken = await session.takeQueued({
      node: 'node-1',
      lanes: [{ executor: 'default', limit: 1 }],
      scope: aScope(),
    });
    expect(taken.map(({ run }) => run.jobId)).toEqual(['good']);
  });

  it('may be a queued run: it stays queued, and the next one of its job runs', async () => {
    const first = await session.addRuns('good', (job, _facts, now) => [aDraft(job, now)]);
    const second = await session.addRuns('good', (job, _facts, now) => [aDraft(job, now)]);
    tamper(folder.file(), 'UPDATE scheduler_run SET args = ? WHERE seq = ?', '{', first?.added[0]?.seq);

    const taken = await session.takeQueued({ node: 'node-1', lanes: LANES, scope: aScope() });
    expect(taken.map(({ run }) => run.runId)).toEqual([second?.added[0]?.runId]);
    await expect(session.getRun(first?.added[0]?.runId as string)).rejects.toThrow(UnreadableRunError);
    expect((await session.listRuns({ limit: 10 })).runs.map((run) => run.runId)).toEqual([second?.added[0]?.runId]);
  });

  it('is passed over by a page of the history, which is full all the same, and reported beside it', async () => {
    for (let i = 0; i < 6; i++) await session.addRuns('good', (job, _facts, now) => [aDraft(job, now + i)]);
    tamper(folder.file(), 'UPDATE scheduler_run SET outcome = ? WHERE seq IN (2, 5, 6)', '{');

    const first = await session.listRuns({ limit: 2 });
    expect(first.runs.map(({ seq }) => seq)).toEqual([4, 3]);
    expect(first.unreadable.map(({ jobId, error }) => [jobId, error.constructor])).toEqual([
      ['good', UnreadableRunError],
      ['good', UnreadableRunError],
    ]);
    const last = await session.listRuns({ limit: 2, before: first.runs[1] });
    expect(last.runs.map(({ seq }) => seq)).toEqual([1]);
    expect(last.unreadable).toHaveLength(1);
  });

  it.each([
    ['args', '{'],
    ['attempts', '{'],
    ['attempts', '[{}]'],
    ['attempts', '"none"'],
    ['outcome', '[]'],
    ['progress', 'half'],
    ['origin', 9],
    ['state', 77],
    ['started_at', 'yesterday'],
    ['scheduled_at', 9_000_000_000_000_000],
  ])('may be a run with %s = %s: whoever asks for it is told so', async (column, value) => {
    const added = await session.addRuns('good', (job, _facts, now) => [aDraft(job, now)]);
    const run = added?.added[0];
    tamper(folder.file(), `UPDATE scheduler_run SET ${column} = ? WHERE seq = ?`, value, run?.seq);
    const reading = session.getRun(run?.runId as string);
    await expect(reading).rejects.toThrow(UnreadableRunError);
    await expect(reading).rejects.toThrow(column);
  });

  it.each([
    ['status', 99],
    ['origin', 7],
    ['due_at', 'abc'],
    ['due_at', null],
    ['due_at', 9_000_000_000_000_000],
    ['def_version', JOB_FORMAT_VERSION + 1],
    ['max_instances', 0],
    ['policy', '{}'],
  ])('is found by a search where no index has it: a job with %s = %s', async (column, value) => {
    setJob(column, value);

    const found = await session.findUnreadable(10);
    expect(found.jobs.map(({ id, error }) => [id, error.constructor])).toEqual([['bad', UnreadableJobError]]);
    expect(found).toMatchObject({ runs: [], hasSeenAll: true });
  });

  it.each([
    ['args', '{'],
    ['scheduled_at', 'abc'],
    ['scheduled_at', 9_000_000_000_000_000],
    ['available_at', 'abc'],
    ['attempt', 0],
    ['fence', 'x'],
  ])('is found by a search where no index has it: a queued run with %s = %s', async (column, value) => {
    const added = await session.addRuns('bad', (job, _facts, now) => [aDraft(job, now)]);
    tamper(folder.file(), `UPDATE scheduler_run SET ${column} = ?`, value);

    const { jobs, runs } = await session.findUnreadable(10);
    expect(jobs).toEqual([]);
    expect(runs).toEqual([
      { runId: added?.added[0]?.runId, jobId: 'bad', error: expect.any(UnreadableRunError) as unknown },
    ]);
  });

  it('is found whatever stands before it: a search goes on from page to page, and then begins anew', async () => {
    const ids = ['a', 'b', 'c', 'd', 'e'];
    await session.putJobs(ids, (id, _stored, { now }) => aJob({ id }, now));
    for (const id of ids) await session.addRuns(id, (job, _facts, now) => [aDraft(job, now)]);
    tamper(folder.file(), `UPDATE scheduler_job SET status = 99 WHERE id IN ('a', 'e')`);
    tamper(folder.file(), `UPDATE scheduler_run SET fence = 'x' WHERE job_id IN ('a', 'e')`);

    const round = async () => {
      const found: string[] = [];
      for (let isOver = false; !isOver;) {
        const { jobs, runs, hasSeenAll } = await session.findUnreadable(2);
        found.push(...jobs.map(({ id }) => `job ${id}`), ...runs.map(({ jobId }) => `run of ${jobId}`));
        isOver = hasSeenAll;
      }
      return found.sort();
    };
    const all = ['job a', 'job e', 'run of a', 'run of e'];
    expect(await round()).toEqual(all);
    expect(await round()).toEqual(all);
  });

  it('says nothing of when to look again: an instant that is none would have the loop look without end', async () => {
    await session.changeJobs(['good'], (job) => ({ ...job, nextFireAt: null, dueAt: null, state: 'finished' }));
    await session.addRuns('bad', (job, _facts, now) => [aDraft(job, now)]);
    tamper(folder.file(), `UPDATE scheduler_run SET available_at = 'abc'`);
    setJob('due_at', 'abc');
    expect(await peek()).toMatchObject({ jobs: [], nextDueAt: null, nextQueuedAt: null });
    setJob('next_fire_at', 'abc');
    expect(await session.summarize()).toMatchObject({ nextFireAt: null });
  });

  it('W10 may be of a newer version: it is left to nodes that know it, and not even reported as due', async () => {
    setJob('def_version', JOB_FORMAT_VERSION + 1);

    const { jobs, unreadable } = await peek();
    expect(jobs.map((job) => job.id)).toEqual(['good']);
    expect(unreadable).toEqual([]);
    const list = await session.listJobs({});
    expect(list.unreadable.map(({ error }) => error.message)).toEqual([
      expect.stringMatching(/"bad".*format 2.*update this node/),
    ]);
  });

  it('may be a node: damaged lists leave it among the nodes, so that its runs can be taken over', async () => {
    tamper(folder.file(), `UPDATE scheduler_node SET tasks = '{', executors = '3'`);

    expect((await session.nodes()).nodes).toMatchObject([{ id: 'node-1', tasks: [], executors: [] }]);
  });
});

describe('a peek', () => {
  it('keeps the bound trigger of a job from one to the next', async () => {
    const session = await openFile(':memory:');
    try {
      await session.putJobs(['a'], (id, _stored, { now }) => aJob({ id }, now));
      const query = { horizonMs: 0, lanes: LANES, scope: aScope() };
      const [first] = (await session.peek(query)).jobs;
      const [second] = (await session.peek(query)).jobs;
      expect(second?.trigger).toBe(first?.trigger);
    } finally {
      await session.close();
    }
  });

  it('gives each reader arguments of his own', async () => {
    const session = await openFile(':memory:');
    try {
      await session.putJobs(['a'], (id, _stored, { now }) => aJob({ id, args: [{ to: 'x' }] }, now));
      const query = { horizonMs: 0, lanes: LANES, scope: aScope() };
      const [first] = (await session.peek(query)).jobs;
      Object.assign(first?.args[0] as object, { to: 'changed' });
      const [second] = (await session.peek(query)).jobs;
      expect(second?.args).toEqual([{ to: 'x' }]);
    } finally {
      await session.close();
    }
  });
});
