import { Logger } from '@nestjs/common';
import { filter, firstValueFrom } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { Scheduler } from '../../lib/engine/scheduler.js';
import { functionTask } from '../../lib/executors/function-task.js';
import type { JobsDocument } from '../../lib/jobs/jobs-document.js';
import { resolveOptions } from '../../lib/scheduler.options.js';
import { SchedulerService } from '../../lib/scheduler.service.js';
import type { JobStore } from '../../lib/stores/job-store.js';
import { MemoryJobStore } from '../../lib/stores/memory/memory-job-store.js';
import { allOf, anyOf, at, calendarInterval, cron, except, interval } from '../../lib/triggers/factories.js';
import { PLACES } from '../support/places.js';
import { refusal } from './job-api/harnesses.js';

interface StoreOfTest {
  store(): JobStore;
  dispose(): Promise<void>;
}

const memory = {
  name: 'memory',
  isThere: true,
  make: () => ({ store: () => new MemoryJobStore(), dispose: async () => {} }),
};
const STORES: readonly { readonly name: string; readonly isThere: boolean; readonly make: () => StoreOfTest }[] = [
  memory,
  ...PLACES,
];
const JOURNEYS = STORES.flatMap((from) =>
  STORES.map((to) => ({ from, to, name: `${from.name} to ${to.name}`, isThere: from.isThere && to.isThere })),
);

const disposals: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const dispose of disposals.splice(0).toReversed()) await dispose();
});

/** A scheduler in a zone of its own on a store of its own, with the task `work`. */
function schedulerOn(make: () => StoreOfTest, timeZone: string) {
  Logger.overrideLogger(false);
  const place = make();
  const scheduler = new Scheduler(resolveOptions({ store: place.store(), timeZone }));
  const service = new SchedulerService(scheduler);
  scheduler.tasks.register(functionTask('work', () => undefined, {}));
  disposals.push(
    () => place.dispose(),
    () => scheduler.shutdown(5_000),
  );
  return { scheduler, service };
}

async function addVarious(service: SchedulerService): Promise<void> {
  await service.addJobs([
    { id: 'anchored', task: 'work', trigger: interval({ minutes: 7 }) },
    { id: 'zoned', task: 'work', trigger: cron('30 2 * * *', { timeZone: 'Asia/Tokyo' }) },
    { id: 'of-the-module', task: 'work', trigger: cron('0 3 * * mon-fri') },
    { id: 'seeded', task: 'work', trigger: cron('H H * * *') },
    { id: 'months', task: 'work', trigger: calendarInterval({ months: 1 }) },
    {
      id: 'nested',
      task: 'work',
      trigger: except(anyOf(interval({ hours: 5 }), allOf(cron('0 * * * *'), cron('* 9 * * *'))), '2999-12-31'),
    },
    {
      id: 'with-everything',
      name: 'Ünïcödé – 日本',
      task: 'work',
      trigger: at('2999-01-01T09:00'),
      args: ['ä', 1.5, null, { deep: [true, '\u0000'] }],
      metadata: { team: 'billing' },
      tags: ['a', 'b c'],
      misfireGraceTime: { milliseconds: 1 },
      coalesce: 'all',
      catchUpLimit: 3,
      maxInstances: 2,
      overlap: 'queue',
      retry: { maxAttempts: 2, delay: 0 },
      timeout: { days: 24 },
      maxRuns: 9,
      jitter: { hours: 1 },
    },
    { id: 'paused', task: 'work', trigger: interval({ minutes: 7 }) },
  ]);
  await service.pauseJob('paused');
}

describe.each(JOURNEYS)('moving jobs from $name', ({ from, to, isThere }) => {
  it.skipIf(!isThere)('keeps all of them, in another zone as well', async () => {
    const source = schedulerOn(from.make, 'America/New_York');
    await source.scheduler.start({ paused: true });
    await addVarious(source.service);
    const document = JSON.parse(JSON.stringify(await source.service.exportJobs())) as JobsDocument;
    expect(document.jobs).toHaveLength(8);

    const target = schedulerOn(to.make, 'Europe/Berlin');
    // Paused, so that no fire of this very moment comes in between.
    await target.scheduler.start({ paused: true });
    const { added } = await target.service.importJobs(document);
    expect(added.map(({ id }) => id)).toEqual(document.jobs.map(({ id }) => id));
    expect((await target.service.exportJobs()).jobs).toEqual(document.jobs);
    for (const { id, schedule } of await source.service.getJobs()) {
      const query = { from: '2030-03-01T00:00:00Z', count: 20 };
      expect(await target.service.preview(id, query)).toEqual(await source.service.preview(id, query));
      expect((await target.service.getJob(id))?.schedule).toBe(schedule);
    }

    const again = await target.service.importJobs(document, { onConflict: 'ignore' });
    expect(again).toMatchObject({ added: [], replaced: [] });
    await refusal(() => target.service.importJobs(document), '"anchored"');
    expect((await target.service.exportJobs()).jobs).toEqual(document.jobs);
    const { replaced } = await target.service.importJobs(document, { onConflict: 'replace' });
    expect(replaced).toHaveLength(8);
    expect((await target.service.exportJobs()).jobs).toEqual(document.jobs);
  });

  it.skipIf(!isThere)('runs what was overdue once, under the id that the run had there', async () => {
    const source = schedulerOn(from.make, 'UTC');
    await source.service.addJob({ id: 'late', task: 'work', trigger: at('2020-01-01T00:00:00Z') });
    await source.service.addJob({ id: 'far', task: 'work', trigger: at('2999-01-01T00:00:00Z') });
    const document = await source.service.exportJobs();

    const target = schedulerOn(to.make, 'UTC');
    await target.scheduler.start();
    const ended = firstValueFrom(target.service.events$.pipe(filter(({ type }) => type === 'job.finished')));
    await target.service.importJobs(document);
    await ended;
    const { runs } = await target.service.getRuns();
    expect(runs.map(({ runId, state }) => [runId, state])).toEqual([['late@2020-01-01T00:00:00.000Z', 'succeeded']]);
  });

  it.skipIf(!isThere)('stores none of them where one is wrong, or taken', async () => {
    const source = schedulerOn(from.make, 'UTC');
    await source.service.addJob({ id: 'a', task: 'work', trigger: interval({ hours: 1 }) });
    await source.service.addJob({ id: 'b', task: 'work', trigger: interval({ hours: 1 }) });
    const document = await source.service.exportJobs();

    const target = schedulerOn(to.make, 'UTC');
    const wrong = { ...document, jobs: document.jobs.map((job) => (job.id === 'b' ? { ...job, series: 0 } : job)) };
    await refusal(() => target.service.importJobs(wrong), 'jobs[1].series');
    expect(await target.service.getJobs()).toEqual([]);
    await target.service.addJob({ id: 'b', task: 'work', trigger: interval({ hours: 2 }) });
    const before = await target.service.getJobs();
    await refusal(() => target.service.importJobs(document), 'jobs[1]: ', '"b"');
    expect(await target.service.getJobs()).toEqual(before);
  });
});

describe.each(PLACES)('importing jobs in a transaction of the caller, on $name', ({ isThere, make }) => {
  it.skipIf(!isThere)('comes and goes with it', async () => {
    const source = schedulerOn(memory.make, 'UTC');
    await source.service.addJob({ id: 'a', task: 'work', trigger: interval({ hours: 1 }) });
    const document = await source.service.exportJobs();
    const place = make();
    const target = schedulerOn(() => place, 'UTC');
    const connections = await place.callers();
    disposals.push(() => connections.close());
    const { dataSource } = connections;
    // Makes the tables.
    expect(await target.service.getJobs()).toEqual([]);
    const undone = dataSource.transaction(async (manager) => {
      expect(await target.service.importJobs(document, { manager })).toMatchObject({ added: [{ id: 'a' }] });
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await target.service.getJobs()).toEqual([]);
    await dataSource.transaction((manager) => target.service.importJobs(document, { manager }));
    expect(await target.service.getJobs()).toMatchObject([{ id: 'a' }]);
  });
});
