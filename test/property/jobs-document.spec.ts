import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { SchedulerError } from '../../lib/errors/scheduler-error.js';
import type { ExportedJob, JobsDocument } from '../../lib/jobs/jobs-document.js';
import type { Job } from '../../lib/engine/job.js';
import type { SchedulerService } from '../../lib/scheduler.service.js';
import type { JobStore } from '../../lib/stores/job-store.js';
import { MemoryJobStore } from '../../lib/stores/memory/memory-job-store.js';
import { TypeOrmJobStore } from '../../lib/stores/typeorm/typeorm-job-store.js';
import { anyOf, at, calendarInterval, cron, except, interval } from '../../lib/triggers/factories.js';
import { Harness } from '../support/scheduler-harness.js';
import { UNSHOWABLE } from '../support/unshowable.js';

const DAY_MS = 86_400_000;
let document: JobsDocument;

beforeAll(async () => {
  const { scheduler, service } = withTask({});
  await service.addJobs([
    { id: 'poll', task: 'work', trigger: interval({ seconds: 10 }), args: [1, { a: ['b'] }], tags: ['x'], jitter: 500 },
    { id: 'nightly', task: 'work', trigger: cron('H 3 * * *', { timeZone: 'Asia/Tokyo' }), coalesce: 'all' },
    { id: 'once', task: 'work', trigger: at('2030-01-01T05:00:00Z'), retry: { maxAttempts: 2, delay: 10 } },
    { id: 'nested', task: 'work', trigger: except(anyOf(interval({ hours: 1 }), cron('@daily')), '2030-01-02') },
    {
      id: 'months',
      task: 'work',
      trigger: calendarInterval({ months: 1 }),
      misfireGraceTime: { hours: 1 },
      maxRuns: 3,
    },
  ]);
  await service.pauseJob('nested');
  document = await service.exportJobs();
  await scheduler.shutdown(0);
});

function withTask(options: { store?: JobStore }): Harness {
  const harness = new Harness(options);
  harness.task('work');
  return harness;
}

function sqlite(): JobStore {
  return new TypeOrmJobStore({ type: 'better-sqlite3', database: ':memory:' });
}

/** Every place in a value: the keys that lead there. */
function placesIn(value: unknown): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [[]];
  return [[], ...Object.entries(value).flatMap(([key, inner]) => placesIn(inner).map((place) => [key, ...place]))];
}

/** A copy with something else at a place, or with nothing there. */
function spoilt(value: unknown, [key, ...rest]: readonly string[], other: unknown): unknown {
  if (key === undefined) return other;
  const copy: Record<string, unknown> = Array.isArray(value)
    ? ([...(value as unknown[])] as unknown as Record<string, unknown>)
    : { ...(value as object) };
  if (rest.length === 0 && other === undefined) delete copy[key];
  else copy[key] = spoilt(copy[key], rest, other);
  return copy;
}

const instants = fc
  .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
  .map((date) => date.toISOString());
const nearby = fc
  .date({ min: new Date('2029-12-25'), max: new Date('2030-01-05'), noInvalidDate: true })
  .map((date) => date.toISOString());
const counts = fc.oneof(fc.nat({ max: 12 }), fc.nat({ max: 1_000_000_000 }));
/** What may stand in a document that was edited by hand, cut off, or made by something else. */
const values = fc.oneof(
  fc.constant(undefined),
  fc.jsonValue({ maxDepth: 2 }),
  fc.integer(),
  fc.double(),
  fc.integer({ min: 0, max: 3 }),
  instants,
  nearby,
  fc.constantFrom('added', 'declared', 'active', 'paused', 'finished', 'all', 'queue', 'UTC', 'Europe/Berlin', 'x', ''),
  fc.constantFrom(...UNSHOWABLE.map(([, value]) => value)),
);
const edits = fc.array(fc.tuple(fc.nat(), values), { minLength: 1, maxLength: 3 });

function edited(changes: readonly (readonly [number, unknown])[]): unknown {
  let result: unknown = document;
  for (const [index, value] of changes) {
    const places = placesIn(document);
    const place = places[index % places.length] as readonly string[];
    try {
      result = spoilt(result, place, value);
    } catch {
      // What holds this place was spoilt before in such a way that nobody can look inside.
    }
  }
  return result;
}

/** What could stand in a job, if not beside everything else in it. */
const plausible = fc.record(
  {
    nextFire: fc.option(fc.oneof(instants, nearby), { freq: 20 }),
    lastFire: fc.option(fc.oneof(instants, nearby)),
    state: fc.constantFrom('active', 'paused'),
    runCount: counts,
    failures: counts,
    series: fc.integer({ min: 1, max: 1_000_000_000 }),
    trigger: fc.record({
      definition: fc
        .nat()
        .map((index) => (document.jobs[index % document.jobs.length] as ExportedJob).trigger.definition),
      anchor: fc.oneof(instants, nearby),
      timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/St_Johns'),
    }),
    options: fc.record(
      {
        misfireGraceTime: fc.option(fc.integer({ min: 1, max: DAY_MS })),
        coalesce: fc.constantFrom('latest', 'earliest', 'all'),
        catchUpLimit: fc.integer({ min: 1, max: 200 }),
        maxInstances: fc.integer({ min: 1, max: 5 }),
        overlap: fc.constantFrom('skip', 'queue', 'queueOne'),
        timeout: fc.option(fc.integer({ min: 1, max: DAY_MS })),
        maxRuns: fc.option(fc.integer({ min: 1, max: 10 })),
        jitter: fc.oneof(fc.constant(0), fc.nat({ max: DAY_MS }), fc.maxSafeNat()),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);

/** Imports it, and lets the clock go on: whatever was taken has to work. Answers whether it was. */
async function expectErrorOrWork(store: JobStore, given: unknown): Promise<boolean> {
  const { clock, scheduler, service, events } = withTask({ store });
  await scheduler.start({ paused: true });
  try {
    const options = { allowUnknownTask: true, onConflict: 'ignore' } as const;
    const refused = await service.importJobs(given as JobsDocument, options).then(
      ({ added }) => expectStored(service, added),
      (error: unknown) => error,
    );
    if (refused !== undefined) {
      expect(refused).toBeInstanceOf(SchedulerError);
      expect(await service.getJobs({ finished: true })).toEqual([]);
      return false;
    }
    service.resume();
    // Not long: an interval may have become one of a millisecond.
    await clock.advance(11_000);
    expect(events.filter(({ type }) => type === 'store.unavailable' || type === 'run.failed')).toEqual([]);
    for (const job of await service.getJobs({ state: 'active' })) {
      if (job.task === 'work' && job.origin === 'added') expectUpToDate(job, clock.now());
    }
    return true;
  } finally {
    const ended = scheduler.shutdown(0);
    await clock.advance(1);
    await ended;
  }
}

async function expectStored(service: SchedulerService, added: readonly Job[]): Promise<void> {
  const stored = await service.getJobs({ finished: true });
  expect(stored.map(({ id }) => id)).toEqual(added.map(({ id }) => id).sort());
  // What was taken can be taken once more, wherever it goes.
  const again = await service.exportJobs({ declared: true });
  const result = await service.importJobs(again, { onConflict: 'replace', allowUnknownTask: true });
  expect(result).toMatchObject({ added: [], ignored: [] });
}

/** The fires up to now are all on record, but for one that its jitter puts off. */
function expectUpToDate({ nextFire, options }: Job, now: number): void {
  expect(nextFire?.getTime()).toBeGreaterThan(now - options.jitter);
}

describe('a document of jobs that something has happened to', () => {
  it('is refused with an error of its own, or makes jobs that work', async () => {
    await fc.assert(
      fc.asyncProperty(edits, async (changes) => {
        await expectErrorOrWork(new MemoryJobStore(), edited(changes));
      }),
      { numRuns: 150 },
    );
  }, 120_000);

  it('is the same to a database', async () => {
    await fc.assert(
      fc.asyncProperty(edits, async (changes) => {
        await expectErrorOrWork(sqlite(), edited(changes));
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  it('is refused when it is anything at all', async () => {
    const { scheduler, service } = withTask({});
    const anything = fc.oneof(fc.anything(), fc.record({ version: fc.constant(1), jobs: fc.array(fc.anything()) }));
    await fc.assert(
      fc.asyncProperty(anything, async (given) => {
        const isEmpty = (given as { jobs?: unknown[] } | null)?.jobs?.length === 0;
        const imported = service.importJobs(given as JobsDocument);
        if (isEmpty) await imported.catch((error: unknown) => expect(error).toBeInstanceOf(SchedulerError));
        else await expect(imported).rejects.toMatchObject({ code: 'INVALID_JOBS_DOCUMENT' });
      }),
      { numRuns: 300 },
    );
    await scheduler.shutdown(0);
  }, 60_000);
});

describe('an exported job that goes on somewhere else', () => {
  it.each([
    ['memory', () => new MemoryJobStore(), 150],
    ['SQLite', sqlite, 40],
  ] as const)(
    'works on %s, and all its fires are on record',
    async (_, makeStore, numRuns) => {
      let taken = 0;
      await fc.assert(
        fc.asyncProperty(plausible, async (changes) => {
          const jobs = document.jobs.map((job) => ({ ...job, ...changes }));
          taken += Number(await expectErrorOrWork(makeStore(), { ...document, jobs }));
        }),
        { numRuns },
      );
      expect(taken).toBeGreaterThan(numRuns / 4);
    },
    120_000,
  );
});
