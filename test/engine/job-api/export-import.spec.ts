import { describe, expect, it } from 'vitest';
import { ConflictingJobIdError } from '../../../lib/jobs/job-errors.js';
import { JOB_OPTION_KEYS } from '../../../lib/jobs/job-policy.js';
import { InvalidJobsDocumentError } from '../../../lib/jobs/jobs-document-errors.js';
import type { ExportedJob, JobsDocument } from '../../../lib/jobs/jobs-document.js';
import { functionTask } from '../../../lib/executors/function-task.js';
import { MemoryJobStore } from '../../../lib/stores/memory/memory-job-store.js';
import { at } from '../../../lib/triggers/at.js';
import { cron } from '../../../lib/triggers/cron.js';
import { interval } from '../../../lib/triggers/interval.js';
import { LastingStore } from '../../support/lasting-store.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { declaredJob, harnesses, records, refusal, runStates, shutDown, timesOf } from './harnesses.js';

const { create, running } = harnesses();
const every10 = interval({ seconds: 10 });

/** What is left of a document after a journey as text. */
function posted(document: JobsDocument): JobsDocument {
  return JSON.parse(JSON.stringify(document)) as JobsDocument;
}

/** The document with something else in its first job. */
function withJob(document: JobsDocument, changes: object): JobsDocument {
  const [first, ...others] = document.jobs;
  return { ...document, jobs: [{ ...(first as ExportedJob), ...changes }, ...others] };
}

/** A document with one job that fires every 10 s, from a scheduler that was shut down 25 s after it was added. */
async function leftAt25(options: object = {}): Promise<{ document: JobsDocument; clock: VirtualClock }> {
  const { harness, service, clock } = await running();
  await service.addJob({ id: 'poll', task: 'work', trigger: every10, ...options });
  await clock.advance(25_000);
  const document = posted(await service.exportJobs());
  await shutDown(harness);
  return { document, clock };
}

describe('exporting jobs', () => {
  it('answers plain JSON with all that a job is, and how far it has come', async () => {
    const { service, clock } = await running({ timeZone: 'Europe/Berlin' });
    await service.addJob({
      id: 'poll',
      name: 'Polls',
      task: 'work',
      trigger: every10,
      args: [1, { deep: ['x'] }],
      tags: ['a'],
      metadata: { team: 'billing' },
      misfireGraceTime: { milliseconds: 500 },
      jitter: 3,
      overlap: 'queueOne',
      retry: { maxAttempts: 3, backoff: 'exponential', maxDelay: { minutes: 1 }, jitter: 5 },
      pauseAfterFailures: 4,
      timeout: { seconds: 5 },
      maxRuns: 7,
    });
    await clock.advance(15_000);
    const document = await service.exportJobs();
    expect(document).toStrictEqual({
      version: 1,
      exportedAt: '2030-01-01T00:00:15.000Z',
      jobs: [
        {
          id: 'poll',
          name: 'Polls',
          task: 'work',
          store: 'default',
          executor: 'default',
          origin: 'added',
          state: 'active',
          trigger: { definition: { ...every10 }, anchor: '2030-01-01T00:00:00.000Z', timeZone: 'Europe/Berlin' },
          args: [1, { deep: ['x'] }],
          metadata: { team: 'billing' },
          tags: ['a'],
          options: {
            misfireGraceTime: 500,
            coalesce: 'latest',
            catchUpLimit: 100,
            maxInstances: 1,
            overlap: 'queueOne',
            retry: { maxAttempts: 3, backoff: 'exponential', delay: 1_000, maxDelay: 60_000, jitter: 5 },
            pauseAfterFailures: 4,
            timeout: 5_000,
            maxRuns: 7,
            jitter: 3,
          },
          nextFire: '2030-01-01T00:00:20.000Z',
          lastFire: '2030-01-01T00:00:10.000Z',
          runCount: 1,
          failures: 0,
          series: 1,
        },
      ],
    });
    expect(posted(document)).toStrictEqual(document);
  });

  it('has every option that a job may have', async () => {
    const { service } = await running();
    await service.addJob({ id: 'poll', task: 'work', trigger: every10 });
    const [job] = (await service.exportJobs()).jobs;
    const written = [...Object.keys(job as ExportedJob), ...Object.keys((job as ExportedJob).options)];
    expect(written).toEqual(expect.arrayContaining([...JOB_OPTION_KEYS]));
  });

  it('tells who has paused a job, and the one that imports it knows', async () => {
    const source = await running();
    source.harness.task('broken', () => {
      throw new Error('no');
    });
    await source.service.addJob({ id: 'poll', task: 'broken', trigger: every10, pauseAfterFailures: 1 });
    await source.clock.advance(10_000);
    const document = posted(await source.service.exportJobs());
    expect(document.jobs).toMatchObject([{ state: 'paused', pauseReason: 'failures' }]);
    const target = await running();
    const { added } = await target.service.importJobs(document, { allowUnknownTask: true });
    expect(added).toMatchObject([{ state: 'paused', pauseReason: 'failures' }]);
    const wrong = { ...document, jobs: [{ ...(document.jobs[0] as ExportedJob), state: 'active' }] };
    await refusal(() => target.service.importJobs(wrong as JobsDocument, { onConflict: 'replace' }), 'pauseReason');
  });

  it('gives copies, so that who changes a document changes no job', async () => {
    const { service } = await running();
    await service.addJob({ id: 'poll', task: 'work', trigger: every10, args: [{ deep: 1 }] });
    const [job] = (await service.exportJobs()).jobs;
    ((job as ExportedJob).args[0] as { deep: number }).deep = 2;
    expect((await service.getJob('poll'))?.args).toEqual([{ deep: 1 }]);
  });

  it('selects as getJobs does', async () => {
    const { service, harness } = await running({
      stores: { default: new MemoryJobStore(), other: new MemoryJobStore() },
    });
    harness.task('play');
    await service.addJobs([
      { id: 'a', task: 'work', trigger: every10, tags: ['x', 'y'] },
      { id: 'b', task: 'play', trigger: every10, tags: ['y'] },
      { id: 'c', task: 'work', trigger: every10, store: 'other' },
    ]);
    await service.pauseJob('b');
    const ids = async (filter?: Parameters<typeof service.exportJobs>[0]) =>
      (await service.exportJobs(filter)).jobs.map(({ id, store }) => `${store}/${id}`);
    expect(await ids()).toEqual(['default/a', 'default/b', 'other/c']);
    expect(await ids({ store: 'other' })).toEqual(['other/c']);
    expect(await ids({ task: 'work', store: 'default' })).toEqual(['default/a']);
    expect(await ids({ tags: ['y'] })).toEqual(['default/a', 'default/b']);
    expect(await ids({ state: 'paused' })).toEqual(['default/b']);
  });

  it('leaves out an added job whose last run is under way: it has nothing left to fire', async () => {
    const { service, harness, clock } = await running();
    harness.task('endless', () => new Promise(() => undefined));
    await service.addJob({ id: 'once', task: 'endless', trigger: at('2030-01-01T00:00:01Z') });
    await clock.advance(1_000);
    expect(await service.getJobs({ finished: true })).toHaveLength(1);
    expect((await service.exportJobs()).jobs).toEqual([]);
  });

  it('refuses what it does not know, and stores there are not', async () => {
    const { service } = await running();
    await refusal(() => service.exportJobs({ tag: ['x'] } as object), 'exportJobs', '"tag"', '"tags"');
    await refusal(() => service.exportJobs({ declared: 'yes' } as object), 'exportJobs: declared');
    await refusal(() => service.exportJobs(null as never), 'exportJobs');
    await refusal(
      () => service.exportJobs({ state: 'disabled' } as object),
      'exportJobs',
      "'active' or 'paused'",
      'disabled',
    );
    expect(await refusal(() => service.exportJobs({ store: 'no' }))).toMatchObject({ code: 'UNKNOWN_STORE' });
  });
});

describe('importing jobs', () => {
  it('adds them as they were, with an event each, and fires go on where they were', async () => {
    const { document, clock } = await leftAt25({ maxRuns: 4, timeout: { seconds: 3 } });
    const { service, calls, harness } = await running({}, clock);
    const { added, replaced, ignored } = await service.importJobs(document);
    expect(added.map(({ id, runCount, options }) => [id, runCount, options.timeout])).toEqual([['poll', 2, 3_000]]);
    expect([replaced, ignored]).toEqual([[], []]);
    expect(harness.types('job.')).toEqual(['job.added']);
    const { exportedAt: _, ...again } = await service.exportJobs();
    expect(again).toEqual({ version: 1, jobs: document.jobs });
    await clock.advance(60_000);
    // The fires of an interval count from when it was added first, and `maxRuns` counts all of them.
    expect(timesOf(calls)).toEqual(['00:00:30', '00:00:40']);
  });

  it('judges overdue fires by the misfire policy, none is lost and none runs twice', async () => {
    const { document, clock } = await leftAt25({ coalesce: 'all', misfireGraceTime: { seconds: 35 } });
    await clock.advance(45_000);
    const { service, calls, harness } = await running({}, clock);
    await service.importJobs(document);
    await clock.advance(0);
    expect(await records(harness)).toEqual([
      '00:00:30 missed (misfire)',
      '00:00:40 succeeded',
      '00:00:50 succeeded',
      '00:01:00 succeeded',
      '00:01:10 succeeded',
    ]);
    expect(timesOf(calls)).toEqual(['00:01:10', '00:01:10', '00:01:10', '00:01:10']);
  });

  it('keeps a pause', async () => {
    const { harness, service, clock } = await running();
    await service.addJob({ id: 'poll', task: 'work', trigger: every10 });
    await service.pauseJob('poll');
    const document = posted(await service.exportJobs());
    await shutDown(harness);
    const target = await running({}, clock);
    await target.service.importJobs(document);
    await clock.advance(25_000);
    expect(target.calls).toEqual([]);
    expect(await target.service.getJob('poll')).toMatchObject({ state: 'paused' });
    await target.service.resumeJob('poll', { catchUp: true });
    await clock.advance(0);
    expect(await records(target.harness)).toEqual(['00:00:10 skipped (coalesced)', '00:00:20 succeeded']);
  });

  it('before the start keeps the course of the document, also of what addJob had added before', async () => {
    const { document, clock } = await leftAt25();
    const fresh = withJob(document, { lastFire: null, runCount: 0 });
    await clock.advance(20_000);
    const harness = create({}, clock);
    const calls = harness.task('work');
    await harness.service.addJob({ id: 'poll', task: 'work', trigger: every10 });
    await harness.service.importJobs(fresh, { onConflict: 'replace' });
    await clock.advance(1_000);
    await harness.scheduler.start();
    await clock.advance(0);
    expect(await records(harness)).toEqual(['00:00:30 skipped (coalesced)', '00:00:40 succeeded']);
    expect(timesOf(calls)).toEqual(['00:00:46']);
  });

  it('takes the store of the document, or the one it is told', async () => {
    const { document, clock } = await leftAt25();
    const { service } = await running({ stores: { default: new MemoryJobStore(), fast: new MemoryJobStore() } }, clock);
    await service.importJobs(document);
    await service.importJobs(document, { store: 'fast' });
    expect((await service.getJobs()).map(({ id, store }) => `${store}/${id}`)).toEqual(['default/poll', 'fast/poll']);
  });

  it("refuses a document whose id is taken, and stores none of its jobs in any store, with onConflict 'error'", async () => {
    const { service, clock } = await running({ stores: { default: new MemoryJobStore(), fast: new MemoryJobStore() } });
    await service.addJobs([
      { id: 'a', task: 'work', trigger: every10 },
      { id: 'b', task: 'work', trigger: every10 },
      { id: 'c', task: 'work', trigger: every10, store: 'fast' },
    ]);
    const document = posted(await service.exportJobs());
    await service.removeJobs({ store: 'default' });
    const before = await service.getJobs();
    const error = await refusal(() => service.importJobs(document), 'importJobs: jobs[2]: ', '"c"', '"fast"');
    expect(error).toBeInstanceOf(ConflictingJobIdError);
    expect(await service.getJobs()).toEqual(before);
    await clock.advance(0);
  });

  it("changes nothing when it is imported once more with 'ignore'", async () => {
    const { document, clock } = await leftAt25();
    const { service, harness } = await running({}, clock);
    await service.importJobs(document);
    await service.modifyJob('poll', { tags: ['mine'] });
    await clock.advance(10_000);
    const [before] = await service.getJobs();
    harness.events.length = 0;
    const result = await service.importJobs(document, { onConflict: 'ignore' });
    expect(result).toEqual({ added: [], replaced: [], ignored: [before] });
    expect(await service.getJobs()).toEqual([before]);
    expect(harness.types('job.')).toEqual([]);
    await clock.advance(10_000);
    expect(await runStates(harness, 'poll')).toEqual(['succeeded', 'succeeded']);
  });

  it("gives a stored job the options of the document with 'replace', and runs no fire twice", async () => {
    const { document, clock } = await leftAt25({ coalesce: 'all' });
    const { service, harness } = await running({}, clock);
    await service.importJobs(document);
    await service.modifyJob('poll', { tags: ['mine'], maxInstances: 2 });
    await clock.advance(20_000);
    const { replaced } = await service.importJobs(document, { onConflict: 'replace' });
    expect(replaced).toMatchObject([{ id: 'poll', tags: [], options: { maxInstances: 1 }, runCount: 4 }]);
    expect(harness.types('job.')).toEqual(['job.added', 'job.modified', 'job.modified']);
    await clock.advance(10_000);
    expect(await records(harness)).toEqual(['00:00:30 succeeded', '00:00:40 succeeded', '00:00:50 succeeded']);
  });

  it("puts fires that were overdue under another trigger on record with 'replace'", async () => {
    const { document, clock } = await leftAt25();
    const { service, harness, calls } = await running({}, clock);
    await service.addJob({ id: 'poll', task: 'work', trigger: interval({ seconds: 7 }) });
    service.pause();
    await clock.advance(8_000);
    await service.importJobs(document, { onConflict: 'replace' });
    service.resume();
    await clock.advance(8_000);
    expect(await records(harness)).toEqual([
      '00:00:30 succeeded',
      '00:00:32 skipped (rescheduled)',
      '00:00:40 succeeded',
    ]);
    expect(timesOf(calls)).toEqual(['00:00:33', '00:00:40']);
  });

  it('does not run a one-shot again that this store has run, as long as that is on record', async () => {
    const { service, harness, clock, calls } = await running();
    await service.addJob({ id: 'once', task: 'work', trigger: at('2030-01-01T00:00:05Z') });
    const document = posted(await service.exportJobs());
    await clock.advance(6_000);
    expect(await service.getJobs()).toEqual([]);
    await service.importJobs(document, { onConflict: 'ignore' });
    await clock.advance(0);
    expect(calls).toHaveLength(1);
    expect(await records(harness)).toEqual(['00:00:05 succeeded', '00:00:05 skipped (duplicate)']);
    expect(await service.getJobs()).toEqual([]);
  });

  it('is done under the present name of a task', async () => {
    const { document, clock } = await leftAt25();
    const harness = create({}, clock);
    harness.scheduler.tasks.register(functionTask('labour', () => undefined, { aliases: ['work'] }));
    const { added } = await harness.service.importJobs(document);
    expect(added).toMatchObject([{ task: 'labour' }]);
  });

  it('refuses tasks that nobody knows, each with its place, unless they are allowed', async () => {
    const { document, clock } = await leftAt25();
    const { service } = await running({}, clock);
    const unknown = withJob(document, { task: 'wrok' });
    const [job] = unknown.jobs;
    const jobs = [...unknown.jobs, { ...job, id: 'other', task: 'lost' }, { ...job, id: 'a b', task: 'work' }];
    const error = await refusal(() => service.importJobs({ ...unknown, jobs } as JobsDocument));
    expect((error as InvalidJobsDocumentError).problems).toEqual([
      expect.stringMatching(/^jobs\[2\]\.id /),
      expect.stringMatching(/^jobs\[0\]\.task: the task "wrok" is unknown\. .* allowUnknownTask: true/),
      expect.stringMatching(/^jobs\[1\]\.task: the task "lost" is unknown\. /),
    ]);
    expect(await service.getJobs()).toEqual([]);
    await service.importJobs(unknown, { allowUnknownTask: true });
    expect(await service.getJobs()).toMatchObject([{ task: 'wrok' }]);
  });

  it('refuses wrong options', async () => {
    const { document, clock } = await leftAt25();
    const { service } = await running({}, clock);
    const tries: [object | null, string][] = [
      [{ onConflict: 'merge' }, 'onConflict'],
      [{ conflict: 'error' }, '"conflict"'],
      [{ allowUnknownTask: 1 }, 'allowUnknownTask'],
      [{ store: 'no' }, '"no"'],
      [{ store: 7 }, '7'],
      [null, 'importJobs'],
    ];
    for (const [options, word] of tries) await refusal(() => service.importJobs(document, options as object), word);
    expect(await service.getJobs()).toEqual([]);
  });

  it('is refused after a shutdown', async () => {
    const { document } = await leftAt25();
    const { harness, service } = await running();
    await shutDown(harness);
    expect(await refusal(() => service.importJobs(document))).toMatchObject({ code: 'SCHEDULER_STOPPED' });
    expect(await refusal(() => service.exportJobs())).toMatchObject({ code: 'SCHEDULER_STOPPED' });
  });
});

describe('a document that is wrong', () => {
  it('is refused as a whole, with everything that is wrong and where', async () => {
    const { document, clock } = await leftAt25();
    const { service } = await running({}, clock);
    const good = document.jobs[0] as ExportedJob;
    const jobs: unknown[] = [
      { ...good, id: 'fine' },
      { ...good, id: 'a b', nextFire: 'tomorrow', runCount: -1 },
      { ...good, id: 'c', trigger: { ...good.trigger, definition: { kind: 'cron', expression: '61 * * * *' } } },
      { ...good, id: 'd', options: { ...good.options, coalesce: 'none' }, tags: [''] },
      { ...good, id: 'e', executor: 'gpu', store: 'lost' },
      { ...good, id: 'fine' },
      { ...good, id: 'g', colour: 'red' },
      { id: 'h' },
      null,
      { ...good, id: 'j', nextFire: null },
      { ...good, id: 'k', state: 'finished' },
      { ...good, id: 'l', origin: 'declared' },
      { ...good, id: 'm', declaration: 'x' },
      { ...good, id: 'n', args: [() => 1], metadata: [] },
      { ...good, id: 'o', trigger: { ...good.trigger, timeZone: 'Mars/Olympus' } },
      { ...good, id: 'p', trigger: { ...good.trigger, definition: { kind: 'moon' } } },
      { ...good, id: 'q', nextFire: '2030-01-01T00:00:30' },
    ];
    const error = await refusal(() => service.importJobs({ ...document, jobs } as JobsDocument), 'nothing of it was');
    expect(error).toBeInstanceOf(InvalidJobsDocumentError);
    const { problems } = error as InvalidJobsDocumentError;
    const places = problems.map((problem) => problem.replace(/^(jobs\[\d+\](\.\w+)?)[^]*$/, '$1'));
    expect(places).toEqual([
      'jobs[1].id',
      'jobs[1].nextFire',
      'jobs[1].runCount',
      'jobs[2].trigger',
      'jobs[3].options',
      'jobs[3].tags',
      'jobs[6]',
      'jobs[7]',
      'jobs[8]',
      'jobs[9].nextFire',
      'jobs[10].nextFire',
      'jobs[11].declaration',
      'jobs[12].declaration',
      'jobs[13].args',
      'jobs[13].metadata',
      'jobs[14].trigger',
      'jobs[15].trigger',
      'jobs[16].nextFire',
      'jobs[4].executor',
      'jobs[4].store',
      'jobs[5].id',
    ]);
    expect(error.message).toContain(problems[0]);
    expect(error.message).toContain('and 1 more');
    expect(await service.getJobs()).toEqual([]);
  });

  it('is told of with all that is wrong with one job, none of which hides another, and no place twice', async () => {
    const { document, clock } = await leftAt25();
    const { service } = await running({}, clock);
    const good = document.jobs[0] as ExportedJob;
    const { args: _, ...rest } = good;
    const jobs: unknown[] = [
      {
        ...good,
        id: 'a b',
        task: 'lost',
        executor: 'gpu',
        colour: 'red',
        size: 1,
        trigger: { ...good.trigger, anchor: 'noon', zone: 'UTC', timeZone: 'Mars/Olympus' },
        options: { ...good.options, maxInstances: -1, overlap: 'never', speed: 9 },
        args: {},
        metadata: 5,
        origin: 'found',
        declaration: 'x',
        state: 'lazy',
        pauseReason: 'manual',
      },
      { ...rest, tags: 7 },
      { ...good, id: 'c', args: [1, () => 1] },
    ];
    const spoilt = { ...document, colour: 'red', exportedAt: 'noon', jobs } as unknown as JobsDocument;
    const error = await refusal(() => service.importJobs(spoilt));
    const { problems } = error as InvalidJobsDocumentError;
    const within = (text: string) => expect.stringContaining(text) as unknown;
    expect(problems).toEqual([
      within('document: unknown option "colour"'),
      within("document.exportedAt: 'noon'"),
      within('jobs[0]: unknown option "colour"'),
      within('jobs[0]: unknown option "size"'),
      within('jobs[0].id "a b"'),
      within('jobs[0].trigger: unknown option "zone"'),
      within("jobs[0].trigger.anchor: 'noon'"),
      within('Mars/Olympus'),
      within('jobs[0].options: unknown option "speed"'),
      within('jobs[0].options: maxInstances must be'),
      within('jobs[0].options: overlap must be'),
      within("jobs[0].origin must be 'declared' or 'added', got 'found'"),
      within("jobs[0].state must be 'active' or 'paused' or 'finished', got 'lazy'"),
      within('jobs[0].args must be a list'),
      within('jobs[0].metadata must be a plain object'),
      within('jobs[1]: args must be there'),
      within('jobs[1].tags must be a list'),
      within('jobs[2].args[1] is a function'),
      within('jobs[0].executor: there is no executor "gpu"'),
      within('jobs[0].task: the task "lost" is unknown'),
    ]);
    for (const problem of problems) expect(problem.match(/jobs\[/g)?.length ?? 0).toBeLessThan(2);
  });

  it.each([
    ['another version', (document: JobsDocument) => ({ ...document, version: 2 }), '2'],
    ['no version', ({ jobs }: JobsDocument) => ({ jobs }), 'undefined'],
    ['no list of jobs', (document: JobsDocument) => ({ ...document, jobs: {} }), 'a list'],
    ['something else in it', (document: JobsDocument) => ({ ...document, runs: [] }), '"runs"'],
    ['no time of its making', (document: JobsDocument) => ({ ...document, exportedAt: 'yesterday' }), 'exportedAt'],
    ['text that was not parsed', (document: JobsDocument) => JSON.stringify(document), 'parsed'],
    ['nothing', () => undefined, 'undefined'],
  ])('is refused with %s', async (_, spoilt, word) => {
    const { document, clock } = await leftAt25();
    const { service } = await running({}, clock);
    const error = await refusal(() => service.importJobs(spoilt(document) as JobsDocument), word, 'document');
    expect(error).toMatchObject({ code: 'INVALID_JOBS_DOCUMENT' });
    expect(await service.getJobs()).toEqual([]);
  });

  it('does not stay tied to the jobs made of it', async () => {
    const { document, clock } = await leftAt25({ args: [{ deep: 1 }], trigger: cron('*/10 * * * * *') });
    const { service } = await running({}, clock);
    await service.importJobs(document);
    const [job] = document.jobs as unknown as [
      { args: [{ deep: number }]; trigger: { definition: { expression: string } } },
    ];
    job.args[0].deep = 2;
    job.trigger.definition.expression = '@yearly';
    expect(await service.getJob('poll')).toMatchObject({ args: [{ deep: 1 }] });
    expect((await service.getJob('poll'))?.trigger).toMatchObject({ ...cron('*/10 * * * * *') });
  });
});

describe('declared jobs', () => {
  const nightly = declaredJob('nightly', cron('0 3 * * *'));

  /** A scheduler that declares these jobs, and has the tasks for them. */
  async function declaring(
    jobs: readonly ReturnType<typeof declaredJob>[],
    store = new LastingStore(),
    clock?: VirtualClock,
  ) {
    const harness = create({ store }, clock);
    const calls = harness.task('work');
    harness.scheduler.declare(jobs);
    await harness.scheduler.start();
    return { harness, calls, store, service: harness.service, clock: harness.clock };
  }

  it('are left to the code that declares them', async () => {
    const { service } = await declaring([nightly]);
    expect((await service.exportJobs()).jobs).toEqual([]);
  });

  it('come along on request, and go on in the store that the code finds next', async () => {
    const source = await declaring([nightly, declaredJob('once', at('2030-01-01T00:00:05Z'))]);
    await source.clock.advance(6_000);
    await source.service.pauseJob('nightly');
    const document = posted(await source.service.exportJobs({ declared: true }));
    expect(document.jobs.map(({ id, state }) => [id, state])).toEqual([
      ['nightly', 'paused'],
      ['once', 'finished'],
    ]);
    await shutDown(source.harness);

    const store = new LastingStore();
    const mover = create({ store, autoStart: false }, source.clock);
    await mover.service.importJobs(document, { allowUnknownTask: true });
    await shutDown(mover);
    const target = await declaring(
      [nightly, declaredJob('once', at('2030-01-01T00:00:05Z'), { misfireGraceTime: { days: 1 } })],
      store,
      source.clock,
    );
    await source.clock.advance(24 * 3_600_000);
    expect(target.calls).toEqual([]);
    expect(await target.service.getJob('nightly')).toMatchObject({ state: 'paused', origin: 'declared' });
    expect(target.harness.types('job.')).toEqual(['job.modified']);
  });

  it('take over how far they had come, and a pause, where they are declared already', async () => {
    const source = await declaring([nightly]);
    await source.clock.advance(5 * 3_600_000);
    await source.service.modifyJob('nightly', { tags: ['changed'] });
    const document = posted(await source.service.exportJobs({ declared: true }));
    await shutDown(source.harness);
    await source.clock.advance(24 * 3_600_000);

    const target = await declaring([nightly], new LastingStore(), source.clock);
    await refusal(() => target.service.importJobs(document), '"nightly"');
    await target.service.importJobs(document, { onConflict: 'replace' });
    await source.clock.advance(0);
    expect(await records(target.harness)).toEqual(['03:00:00 succeeded']);
    expect(await target.service.getJob('nightly')).toMatchObject({
      runCount: 2,
      origin: 'declared',
      tags: ['changed'],
    });
  });

  it('are what the code says where that has changed', async () => {
    const source = await declaring([nightly, declaredJob('poll', every10)]);
    await source.clock.advance(15_000);
    await source.service.pauseJobs({ store: 'default' });
    const document = posted(await source.service.exportJobs({ declared: true }));
    await shutDown(source.harness);

    const changed = [declaredJob('nightly', cron('0 4 * * *')), declaredJob('poll', every10, { maxInstances: 3 })];
    const target = await declaring(changed, new LastingStore(), source.clock);
    await target.service.importJobs(document, { onConflict: 'replace' });
    expect(await target.service.getJob('nightly')).toMatchObject({
      state: 'paused',
      nextFire: new Date('2030-01-01T04:00:00Z'),
      trigger: { ...cron('0 4 * * *') },
    });
    expect(await target.service.getJob('poll')).toMatchObject({
      state: 'paused',
      nextFire: new Date('2030-01-01T00:00:20Z'),
      runCount: 1,
      options: { maxInstances: 3 },
    });
    await target.service.resumeJobs({ store: 'default' });
    await source.clock.advance(15_000);
    expect(timesOf(target.calls)).toEqual(['00:00:20', '00:00:30']);
  });

  it('stay missed when they were past when they were stored', async () => {
    const source = await declaring([]);
    source.service.pause();
    await shutDown(source.harness);
    const late = declaredJob('late', at('2029-12-31T23:00:00Z'));
    const paused = create({ store: source.store }, source.clock);
    paused.task('work');
    paused.scheduler.declare([late]);
    await paused.scheduler.start({ paused: true });
    const document = posted(await paused.service.exportJobs({ declared: true }));
    await shutDown(paused);

    const store = new LastingStore();
    const mover = create({ store }, source.clock);
    await mover.service.importJobs(document, { allowUnknownTask: true });
    await shutDown(mover);
    const target = await declaring([late], store, source.clock);
    await source.clock.advance(0);
    expect(await records(target.harness)).toEqual(['23:00:00 missed (misfire)']);
  });

  it('of the store local stay where they are', async () => {
    const { service, harness } = await declaring([declaredJob('each', every10, { store: 'local' })]);
    await service.addJob({ id: 'own', task: 'work', trigger: every10, store: 'local' });
    const { jobs } = await service.exportJobs({ declared: true });
    expect(jobs.map(({ id }) => id)).toEqual(['own']);
    expect(await harness.service.getJobs()).toHaveLength(2);
  });
});
