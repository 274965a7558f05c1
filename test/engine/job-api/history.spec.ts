import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { RunsFilter } from '../../../lib/engine/run-history.js';
import { currentRun } from '../../../lib/executors/run-context.js';
import { at } from '../../../lib/triggers/at.js';
import { cron } from '../../../lib/triggers/cron.js';
import { interval } from '../../../lib/triggers/interval.js';
import { Gates, harnesses, refusal, time } from './harnesses.js';

const { create, running } = harnesses();
const every10 = interval(10_000);

/** Ten runs: six of a in the default store, two of b there, two of c in the store local; one of each fails. */
async function tenRuns() {
  const harness = create();
  let calls = 0;
  harness.task('work', () => {
    if (calls++ % 5 === 0) throw new Error('every fifth');
    return calls;
  });
  await harness.scheduler.start();
  await harness.service.addJobs([
    { id: 'a', task: 'work', trigger: every10 },
    { id: 'b', task: 'work', trigger: interval(30_000) },
    { id: 'c', task: 'work', trigger: interval(25_000), store: 'local' },
  ]);
  await harness.clock.advance(60_000);
  return harness;
}

async function pages(harness: Awaited<ReturnType<typeof tenRuns>>, filter: RunsFilter): Promise<string[][]> {
  const found: string[][] = [];
  let cursor: string | null | undefined;
  do {
    const page = await harness.service.getRuns({ ...filter, cursor });
    found.push(page.runs.map(({ jobId, scheduledTime }) => `${jobId} ${time(scheduledTime)}`));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return found;
}

describe('a run on record', () => {
  it('tells all about itself', async () => {
    const harness = create();
    const gates = new Gates();
    harness.task('slow', gates.handler);
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'slow', task: 'slow', trigger: every10, tags: ['eu', 'nightly'] });
    await harness.clock.advance(9_000);
    harness.clock.step(3_000);
    await harness.clock.advance(1_000);
    await harness.clock.advance(250);
    const runId = 'slow@2030-01-01T00:00:10.000Z';
    expect(await harness.service.getRun(runId)).toMatchObject({ state: 'running', finishedAt: null, duration: null });
    await gates.open(0, { found: 3 });
    const node = harness.of('node.joined').find((event) => event.store === 'default')?.node;
    expect(await harness.service.getRun(runId)).toEqual({
      runId,
      jobId: 'slow',
      store: 'default',
      task: 'slow',
      state: 'succeeded',
      origin: 'schedule',
      scheduledTime: new Date('2030-01-01T00:00:10.000Z'),
      count: 1,
      until: new Date('2030-01-01T00:00:10.000Z'),
      reason: null,
      progress: null,
      tags: ['eu', 'nightly'],
      attempts: [],
      startedAt: new Date('2030-01-01T00:00:13.000Z'),
      finishedAt: new Date('2030-01-01T00:00:13.250Z'),
      lateness: 3_000,
      duration: 250,
      attempt: 1,
      node,
      args: null,
      result: { found: 3 },
      resultOmitted: undefined,
      error: null,
    });
  });

  it('keeps the error of a handler, and no result', async () => {
    const harness = await tenRuns();
    const { runs } = await harness.service.getRuns({ state: 'failed', jobId: 'a' });
    expect(runs[0]).toMatchObject({ result: undefined, error: { name: 'Error', message: 'every fifth' } });
    expect(runs[0]?.error?.stack).toContain('history.spec');
  });

  it('never fails for its result: what is not JSON is left out and marked', async () => {
    const harness = create();
    const results: unknown[] = [new Date(0), 'x'.repeat(70_000), new Map(), undefined];
    harness.task('odd', () => results.shift());
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'odd', task: 'odd', trigger: every10 });
    await harness.clock.advance(40_000);
    const { runs } = await harness.service.getRuns();
    expect(runs.toReversed().map(({ state, result, resultOmitted }) => [state, result, resultOmitted])).toEqual([
      ['succeeded', undefined, 'not-json'],
      ['succeeded', undefined, 'too-large'],
      ['succeeded', undefined, 'not-json'],
      ['succeeded', undefined, undefined],
    ]);
  });

  it('is what currentRun() tells of in the handler', async () => {
    const harness = create();
    const seen: unknown[] = [];
    harness.task('look', async () => {
      await Promise.resolve();
      const { runId, jobId, task, scheduledTime, startedAt, attempt, metadata, signal } = currentRun();
      seen.push({ runId, jobId, task, scheduledTime, startedAt, attempt, metadata, isAborted: signal.aborted });
    });
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'look', task: 'look', trigger: every10, metadata: { team: 'a' } });
    await harness.clock.advance(10_000);
    expect(seen).toEqual([
      {
        runId: 'look@2030-01-01T00:00:10.000Z',
        jobId: 'look',
        task: 'look',
        scheduledTime: new Date('2030-01-01T00:00:10Z'),
        startedAt: new Date('2030-01-01T00:00:10Z'),
        attempt: 1,
        metadata: { team: 'a' },
        isAborted: false,
      },
    ]);
  });

  it('is null when there is none of that id', async () => {
    const { service } = await running();
    expect(await service.getRun('nobody@2030-01-01T00:00:10.000Z')).toBeNull();
  });

  it('asks for the store when two stores hold a run of that id', async () => {
    const { clock, service } = await running();
    await service.addJobs([
      { id: 'twin', task: 'work', trigger: every10 },
      { id: 'twin', task: 'work', trigger: every10, store: 'local' },
    ]);
    await clock.advance(10_000);
    const runId = 'twin@2030-01-01T00:00:10.000Z';
    const error = await refusal(() => service.getRun(runId), '"twin"', 'default', 'local', '{ store:');
    expect(error.code).toBe('AMBIGUOUS_JOB_ID');
    expect(await service.getRun(runId, { store: 'local' })).toMatchObject({ runId, store: 'local' });
  });
});

describe('getRuns', () => {
  it('lists the runs of all stores, the latest fire first', async () => {
    const harness = await tenRuns();
    const { runs, nextCursor } = await harness.service.getRuns();
    expect(runs).toHaveLength(10);
    expect(nextCursor).toBeNull();
    const slots = runs.map(({ scheduledTime }) => scheduledTime.getTime());
    expect(slots).toEqual(slots.toSorted((a, b) => b - a));
  });

  it('filters by job, store, state and slots, both ends included', async () => {
    const harness = await tenRuns();
    const shown = async (filter: RunsFilter) =>
      (await harness.service.getRuns(filter)).runs.map(({ jobId, scheduledTime }) => `${jobId} ${time(scheduledTime)}`);
    expect(await shown({ jobId: 'b' })).toEqual(['b 00:01:00', 'b 00:00:30']);
    expect(await shown({ store: 'local' })).toEqual(['c 00:00:50', 'c 00:00:25']);
    expect(await shown({ state: 'failed' })).toHaveLength(2);
    expect(await shown({ state: ['failed', 'succeeded'] })).toHaveLength(10);
    expect(await shown({ state: [] })).toEqual([]);
    expect(await shown({ jobId: 'a', from: '2030-01-01T00:00:20Z', to: new Date('2030-01-01T00:00:40Z') })).toEqual([
      'a 00:00:40',
      'a 00:00:30',
      'a 00:00:20',
    ]);
    expect(await shown({ jobId: 'nobody' })).toEqual([]);
  });

  it('lists the runs with all of some tags, also of one-shot jobs that are gone, of all stores', async () => {
    const { clock, service } = await running();
    await service.addJobs([
      { id: 'once', task: 'work', trigger: at('2030-01-01T00:00:10Z'), tags: ['billing', 'eu'] },
      { id: 'near', task: 'work', trigger: at('2030-01-01T00:00:20Z'), tags: ['eu', 'billing'], store: 'local' },
      { id: 'other', task: 'work', trigger: at('2030-01-01T00:00:30Z'), tags: ['billing'] },
      { id: 'plain', task: 'work', trigger: at('2030-01-01T00:00:40Z') },
    ]);
    await clock.advance(60_000);
    expect(await service.getJob('once')).toBeNull();
    const jobsOf = async (filter: RunsFilter) => (await service.getRuns(filter)).runs.map(({ jobId }) => jobId);
    expect(await jobsOf({ tags: ['billing', 'eu'] })).toEqual(['near', 'once']);
    expect(await jobsOf({ tags: ['billing'], limit: 2 })).toEqual(['other', 'near']);
    expect(await jobsOf({ tags: ['billing'], state: 'failed' })).toEqual([]);
    expect(await jobsOf({ tags: ['e'] })).toEqual([]);
    expect(await jobsOf({ tags: [] })).toHaveLength(4);
  });

  it('reads instants without offset in the zone of the module, and a bare date as the whole day', async () => {
    const { clock, service } = await running({ timeZone: 'Asia/Tokyo' });
    await service.addJob({ id: 'noon', task: 'work', trigger: cron('0 12 * * *') });
    await clock.advance(28 * 3_600_000);
    const count = async (filter: RunsFilter) => (await service.getRuns(filter)).runs.length;
    expect(await count({ from: '2030-01-01', to: '2030-01-01' })).toBe(1);
    expect(await count({ from: '2030-01-01', to: '2030-01-02' })).toBe(2);
    expect(await count({ from: '2030-01-02T12:00' })).toBe(1);
    expect(await count({ from: '2030-01-02T12:00:01' })).toBe(0);
  });

  it('P24 pages through two stores: every run once, the latest fire first', async () => {
    const harness = await tenRuns();
    const all = (await harness.service.getRuns()).runs.map(
      ({ jobId, scheduledTime }) => `${jobId} ${time(scheduledTime)}`,
    );
    for (const limit of [1, 2, 3, 7, 10]) {
      const found = await pages(harness, { limit });
      expect(found.flat()).toEqual(all);
      expect(found).toHaveLength(Math.ceil(10 / limit));
      expect(found.slice(0, -1).every((page) => page.length === limit)).toBe(true);
    }
  });

  it('loses no run and doubles none where the order of recording is not that of the slots', async () => {
    const { harness, clock, service } = await running();
    // Recorded late: runs of old slots come after those of new ones, in one store only.
    await service.addJob({ id: 'late', task: 'work', trigger: every10, coalesce: 'all' });
    await service.addJob({ id: 'steady', task: 'work', trigger: interval(7_000) });
    await service.addJob({ id: 'other', task: 'work', trigger: interval(9_000), store: 'local' });
    await service.pauseJob('late');
    await clock.advance(100_000);
    await service.resumeJob('late', { catchUp: true });
    await clock.advance(30_000);
    const { runs } = await service.getRuns({ limit: 1_000 });
    expect(new Set(runs.map(({ runId }) => runId)).size).toBe(runs.length);
    const slots = runs.map(({ scheduledTime }) => scheduledTime.getTime());
    expect(slots).toEqual(slots.toSorted((a, b) => b - a));
    const total = runs.map(({ jobId, scheduledTime }) => `${jobId} ${time(scheduledTime)}`);
    for (const limit of [1, 4, 5, 13]) expect((await pages(harness, { limit })).flat()).toEqual(total);
  });

  it('keeps its place while new runs are recorded', async () => {
    const harness = await tenRuns();
    const first = await harness.service.getRuns({ jobId: 'a', limit: 2 });
    await harness.clock.advance(20_000);
    const second = await harness.service.getRuns({ jobId: 'a', limit: 2, cursor: first.nextCursor ?? undefined });
    expect([...first.runs, ...second.runs].map(({ scheduledTime }) => time(scheduledTime))).toEqual([
      '00:01:00',
      '00:00:50',
      '00:00:40',
      '00:00:30',
    ]);
  });

  it.each<[filter: object, word: string]>([
    [{ limit: 0 }, 'limit'],
    [{ limit: 1_001 }, 'limit'],
    [{ limit: 2.5 }, 'limit'],
    [{ state: 'done' }, "'done'"],
    [{ state: ['failed', 'done'] }, "'done'"],
    [{ state: 5 }, 'state'],
    [{ from: 'yesterday' }, 'from'],
    [{ to: 5 }, 'to'],
    [{ cursor: 'x' }, "cursor is 'x', which no page has had as its nextCursor. Pass that of the page before"],
    [{ cursor: Buffer.from('{"default":"x"}').toString('base64url') }, 'cursor'],
    [{ cursor: Buffer.from('{"default":5}').toString('base64url') }, 'cursor'],
    [{ cursor: Buffer.from('{"default":[5,"x"]}').toString('base64url') }, 'cursor'],
    [{ cursor: Buffer.from('[1]').toString('base64url') }, 'cursor'],
    [{ cursor: 5 }, 'cursor'],
    [{ job: 'a' }, '"job"'],
    [{ tags: 'eu' }, 'tags'],
    [{ tags: ['eu', 5] }, 'tags'],
    [{ jobId: 5 }, 'jobId'],
  ])('refuses %j by name', async (filter, word) => {
    const { service } = await running();
    const { code } = await refusal(() => service.getRuns(filter), 'getRuns', word);
    expect(['INVALID_JOB_OPTION', 'INVALID_INSTANT']).toContain(code);
  });

  it('refuses a store that there is none of', async () => {
    const { service } = await running();
    expect((await refusal(() => service.getRuns({ store: 'nowhere' }), '"nowhere"')).code).toBe('UNKNOWN_STORE');
  });
});

describe('preview', () => {
  it('of a definition lists its next fires, ten from now unless told otherwise', async () => {
    const { service } = await running({ timeZone: 'Asia/Tokyo' });
    const fires = await service.preview(cron('0 12 * * *'));
    expect(fires).toHaveLength(10);
    expect(fires[0]).toEqual(new Date('2030-01-01T03:00:00Z'));
    expect(await service.preview(cron('0 12 * * *'), { from: '2030-06-01T12:00', count: 1 })).toEqual([
      new Date('2030-06-02T03:00:00Z'),
    ]);
    expect(await service.preview(every10, { count: 0 })).toEqual([]);
  });

  it('of a job lists the fires of that job: its anchor, its zone', async () => {
    const { clock, service } = await running();
    await clock.advance(3_000);
    await service.addJob({ id: 'poll', task: 'work', trigger: every10 });
    await clock.advance(60_000);
    const fires = await service.preview('poll', { count: 2 });
    expect(fires.map(time)).toEqual(['00:01:13', '00:01:23']);
    expect((await service.preview('poll', { from: '2030-01-01T00:00:00Z', count: 1 })).map(time)).toEqual(['00:00:13']);
  });

  it.each<[query: object, word: string]>([
    [{ count: -1 }, 'count'],
    [{ count: 1.5 }, 'count'],
    [{ from: 'soon' }, 'from'],
    [{ until: 5 }, '"until"'],
  ])('refuses %j by name', async (query, word) => {
    const { service } = await running();
    const { code } = await refusal(() => service.preview(every10, query), 'preview', word);
    expect(['INVALID_JOB_OPTION', 'INVALID_INSTANT', 'INVALID_TRIGGER']).toContain(code);
  });
});

describe('printJobs', () => {
  class Screen extends Writable {
    text = '';

    override _write(chunk: Buffer, _encoding: string, done: () => void): void {
      this.text += chunk.toString();
      done();
    }
  }

  it('writes one line for each job, in columns', async () => {
    const { service } = await running();
    await service.addJob({ id: 'poll', task: 'work', trigger: every10 });
    await service.addJob({ id: 'a-longer-id', task: 'work', trigger: cron('0 3 * * *', { timeZone: 'Asia/Tokyo' }) });
    await service.pauseJob('poll');
    const screen = new Screen();
    await service.printJobs(screen);
    expect(screen.text.split('\n')).toEqual([
      'ID           STORE    STATE   NEXT FIRE                 TASK  TRIGGER',
      'a-longer-id  default  active  2030-01-01T18:00:00.000Z  work  at 03:00, every day (Asia/Tokyo)',
      'poll         default  paused  2030-01-01T00:00:10.000Z  work  every 10 seconds',
      '',
    ]);
  });

  it('says so when there are none', async () => {
    const { service } = await running();
    const screen = new Screen();
    await service.printJobs(screen);
    expect(screen.text).toBe('No jobs.\n');
  });
});
