import { describe, expect, it } from 'vitest';
import { MemoryStoreOptionError } from '../../../lib/stores/memory/memory-errors.js';
import { MemoryJobStore, type MemoryJobStoreOptions } from '../../../lib/stores/memory/memory-job-store.js';
import type { Clock } from '../../../lib/clock.js';
import { describeJobStore } from '../../conformance/job-store.conformance.js';
import { lane, StoreDriver, type OpenStore } from '../../conformance/store-driver.js';
import { aClaim, aJob, aScope, HOUR, SECOND } from '../../support/store-fixtures.js';

const openSession = (store: MemoryJobStore, clock: Clock) =>
  store.open({ alias: 'default', clock, keepAlive: false, onChange: () => undefined });

/** Opens sessions of one store: what an application does with its configuration. */
function opener(options?: MemoryJobStoreOptions): OpenStore {
  const store = new MemoryJobStore(options);
  return async (clock) => {
    const session = await openSession(store, clock);
    return { session, dispose: () => session.close() };
  };
}

describeJobStore('MemoryJobStore', opener(), { isShared: false, usesVirtualClock: true, locks: 'none' });

describe('MemoryJobStore', () => {
  it('needs no looking ahead, and says what it is', async () => {
    const { session } = await StoreDriver.open(opener());
    expect(new MemoryJobStore().kind).toBe('memory');
    expect(session).toMatchObject({ peekHorizonMs: 0, isShared: false });
  });

  it.each([[null], [5], ['x'], [[]], [true], [Symbol('x')], [() => undefined]])(
    'refuses what is no options: %o',
    (options) => {
      expect(() => new MemoryJobStore(options as never)).toThrow(MemoryStoreOptionError);
    },
  );

  it.each([
    [{ maxRuns: -1 }, '"maxRuns" of MemoryJobStore is -1'],
    [{ maxRunsPerJob: 1.5 }, '"maxRunsPerJob" of MemoryJobStore is 1.5'],
    [{ maxRuns: '10' as unknown as number }, '"maxRuns" of MemoryJobStore is \'10\''],
    [{ maxRun: 1 } as MemoryJobStoreOptions, 'no option "maxRun". It has: maxRuns, maxRunsPerJob'],
  ])('refuses the options %j', (options, message) => {
    expect(() => new MemoryJobStore(options)).toThrow(MemoryStoreOptionError);
    expect(() => new MemoryJobStore(options)).toThrow(message);
  });

  it('takes an option that is not set as its default', () => {
    expect(() => new MemoryJobStore({ maxRuns: undefined, maxRunsPerJob: 0 })).not.toThrow();
  });
});

describe('Two sessions of one MemoryJobStore', () => {
  it('share nothing: neither jobs, nor runs, nor nodes', async () => {
    const open = opener();
    const [one, other] = [await StoreDriver.open(open), await StoreDriver.open(open)];
    await one.put({ id: 'a' });
    const { run } = await one.start('a');
    await other.put({ id: 'a', name: 'other' });

    expect((await one.job('a')).name).toBe('a');
    expect(await other.runs()).toEqual([]);
    await other.session.leaveNode('node-1');
    expect((await one.session.nodes()).nodes).toHaveLength(1);
    expect((await other.end(run)).fenced).toEqual([run]);
    expect(await one.story('a')).toEqual(['running']);
  });

  it('begin empty after an earlier one was closed', async () => {
    const open = opener();
    const first = await StoreDriver.open(open);
    await first.put({ id: 'a' });
    const { run } = await first.start('a');
    await first.session.close();
    const second = await StoreDriver.open(open);
    expect(await second.session.listJobs({})).toEqual({ jobs: [], unreadable: [] });
    expect((await second.end(run)).fenced).toHaveLength(1);
  });
});

describe('The history of a MemoryJobStore', () => {
  const runTimes = async (store: StoreDriver, id: string, times: number) => {
    for (let i = 0; i < times; i++) await store.end((await store.start(id)).run);
  };
  const kept = async (store: StoreDriver, jobId?: string) =>
    (await store.runs(jobId)).map((run) => `${run.jobId}${run.seq}`);

  it('P25 keeps the newest runs of each job', async () => {
    const store = await StoreDriver.open(opener({ maxRunsPerJob: 3 }));
    await store.putAll({ id: 'a' }, { id: 'b' });
    await runTimes(store, 'a', 5);
    await runTimes(store, 'b', 2);
    expect(await kept(store)).toEqual(['a3', 'a4', 'a5', 'b6', 'b7']);
  });

  it('P25 keeps the newest runs of all', async () => {
    const store = await StoreDriver.open(opener({ maxRuns: 4 }));
    await store.putAll({ id: 'a' }, { id: 'b' });
    await runTimes(store, 'a', 2);
    await runTimes(store, 'b', 3);
    expect(await kept(store)).toEqual(['a2', 'b3', 'b4', 'b5']);
    await runTimes(store, 'a', 1);
    expect(await kept(store, 'a')).toEqual(['a6']);
  });

  it('keeps all of a run that takes the place of another, and leaves what was read of that one alone', async () => {
    const store = await StoreDriver.open(opener({ maxRuns: 1 }));
    await store.putAll({ id: 'a' }, { id: 'b', series: 2 });
    const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
    const finishedAt = (await store.now()) + SECOND;
    const failed = { state: 'failed', finishedAt, outcome: { error: { name: 'Error', message: 'no' } } } as const;
    const succeeded = { state: 'succeeded', finishedAt, outcome: { result: { rows: 3 } } } as const;

    const { run: first } = await store.start('a');
    await store.session.complete([{ run: first, ...failed, retryDelayMs: null }]);
    const read = await store.runs();
    const { run: second } = await store.start('b');
    await store.session.complete([{ run: second, ...succeeded, retryDelayMs: null }]);

    expect(read).toEqual([{ ...(plain(first) as object), ...failed }]);
    expect(await store.runs()).toEqual([{ ...(plain(second) as object), ...succeeded }]);
    expect(await store.session.getRun(second.runId)).toMatchObject({ jobId: 'b', ...succeeded });
    expect(await store.session.getRun(first.runId)).toBeNull();
  });

  it('holds 100 runs of a job by default', async () => {
    const store = await StoreDriver.open(opener());
    await store.put({ id: 'a', nextFireAt: (await store.now()) - HOUR });
    await runTimes(store, 'a', 105);
    expect(await store.runs('a')).toHaveLength(100);
  });

  it('holds 10,000 runs in all by default', async () => {
    const store = await StoreDriver.open(opener());
    const ids = Array.from({ length: 200 }, (_, i) => `job-${i}`);
    await store.putAll(...ids.map((id) => ({ id })));
    for (let round = 0; round < 51; round++) {
      const { jobs } = await store.peek(lane(1_000));
      const { records } = await store.session.claim(
        'node-1',
        jobs.map((job) => aClaim(job)),
      );
      const finishedAt = await store.now();
      await store.session.complete(
        records.map(({ run }) => ({ run, state: 'succeeded' as const, finishedAt, outcome: null, retryDelayMs: null })),
      );
    }
    expect((await store.session.listRuns({ limit: 20_000 })).runs).toHaveLength(10_000);
  });

  it('never gives up unfinished runs, and forgets the oldest ended ones around them', async () => {
    const store = await StoreDriver.open(opener({ maxRuns: 2, maxRunsPerJob: 2 }));
    await store.put({ id: 'a', maxInstances: 4 });
    const { run } = await store.start('a');
    await store.add('a', { availableAt: (await store.now()) + HOUR });
    await runTimes(store, 'a', 5);
    expect(await store.story('a')).toEqual(['running', 'queued', 'succeeded', 'succeeded']);
    await store.end(run);
    expect(await store.story('a')).toEqual(['succeeded', 'queued', 'succeeded']);
  });

  it('keeps nothing when told to keep nothing, and the jobs go on', async () => {
    const store = await StoreDriver.open(opener({ maxRuns: 0 }));
    await store.put({ id: 'a' });
    await runTimes(store, 'a', 2);
    await store.end((await store.start('a', { plan: { nextFireAt: null, nextDueAt: null } })).run);
    expect(await store.runs()).toEqual([]);
    expect(await store.session.getJob('a')).toBeNull();
  });

  it('G2 does not make a slot run twice when its run was given up', async () => {
    const store = await StoreDriver.open(opener({ maxRunsPerJob: 1 }));
    const { nextFireAt } = await store.put({ id: 'a' });
    await runTimes(store, 'a', 3);
    await store.change('a', { nextFireAt, dueAt: nextFireAt });
    await store.claim('a');
    expect(await store.story('a')).toEqual(['skipped/duplicate']);
  });

  it('forgets an id when neither its job nor a run of it is left', async () => {
    const store = await StoreDriver.open(opener({ maxRuns: 1 }));
    const facts: number[] = [];
    await store.put({ id: 'a', series: 7 });
    await runTimes(store, 'a', 1);
    await store.session.removeJobs(['a']);
    await store.put({ id: 'b' });
    await runTimes(store, 'b', 1);
    await store.session.putJobs(['a'], (_id, _stored, { lastSeries }) => {
      facts.push(lastSeries);
      return null;
    });
    expect(facts).toEqual([0]);
  });
});

describe('A job in a MemoryJobStore', () => {
  it('W08 never has the gen or fence of one that had its id before, even while the clock stands still', async () => {
    const store = await StoreDriver.open(opener());
    const first = await store.put({ id: 'a' });
    await store.end((await store.start('a')).run);
    await store.session.removeJobs(['a']);
    const second = await store.put({ id: 'a' });
    expect(second.gen).toBeGreaterThan(first.gen);
    expect(second.fence).toBeGreaterThan(first.fence + 1);
    expect(await store.job('a')).toMatchObject({ gen: second.gen, fence: second.fence });
    expect((await store.session.claim('node-1', [aClaim(first)])).lost).toEqual(['a']);
  });

  it('stays as it was in the hands of whoever holds it, once another has taken its place', async () => {
    const store = await StoreDriver.open(opener());
    await store.put({ id: 'a', args: ['old'], maxInstances: 2 });
    const { jobs } = await store.peek();
    const held = jobs[0]!;
    const { nextFireAt, gen, fence } = held;
    await store.change('a', { args: ['new'], nextFireAt: 5, dueAt: 5 });
    await store.start('a');
    expect(held).toMatchObject({ args: ['old'], nextFireAt, gen, fence });

    const { job } = await store.start('a');
    await store.session.removeJobs(['a']);
    await store.put({ id: 'b', nextFireAt: 77 });
    expect(job).toMatchObject({ id: 'a', nextFireAt: 5 + 2 * SECOND });
  });

  it('does not inherit anything from one whose place it takes', async () => {
    const store = await StoreDriver.open(opener({ maxRuns: 0 }));
    await store.put({ id: 'a', nextFireAt: (await store.now()) - SECOND });
    await store.end((await store.start('a', { plan: { nextFireAt: null, nextDueAt: null } })).run);
    const { nextFireAt } = await store.put({ id: 'b' });
    await store.start('b');
    expect((await store.runs('b')).map(({ state, scheduledAt }) => [state, scheduledAt])).toEqual([
      ['running', nextFireAt],
    ]);
  });

  it('can be written as JSON while it is live, and so can its run', async () => {
    const store = await StoreDriver.open(opener());
    await store.put({ id: 'a', args: ['x'] });
    const { run, job } = await store.start('a');
    expect(JSON.parse(JSON.stringify({ run, job }))).toMatchObject({
      run: { runId: run.runId, state: 'running', jobId: 'a' },
      job: { id: 'a', args: ['x'], nextFireAt: job.nextFireAt },
    });
  });

  it('sees the earlier decision of its own batch when its id comes twice', async () => {
    const store = await StoreDriver.open(opener());
    const results = await store.session.putJobs(['a', 'a'], (id, stored, { now }) =>
      aJob({ id, name: stored ? `${stored.name}+` : 'once' }, now),
    );
    expect(results.map(({ before, after }) => [before && before.name, after!.name])).toEqual([
      [null, 'once+'],
      ['once', 'once+'],
    ]);
    const changed = await store.session.changeJobs(['a', 'a'], (job) => ({ ...job, name: `${job.name}!` }));
    expect(changed.map(({ after }) => after.name)).toEqual(['once+!', 'once+!!']);
    expect((await store.job('a')).name).toBe('once+!!');
  });

  it('is claimed whatever the order, and when others come between', async () => {
    const store = await StoreDriver.open(opener());
    await store.putAll({ id: 'a' }, { id: 'b' }, { id: 'c' }, { id: 'd' });
    const { jobs } = await store.peek();
    const claims = jobs.map((job) => aClaim(job)).toReversed();
    await store.session.removeJobs(['b']);
    await store.put({ id: 'e' });
    const { records, lost } = await store.session.claim('node-1', [...claims, aClaim(await store.job('e'))]);
    expect(records.map(({ run }) => run.jobId).toSorted()).toEqual(['a', 'c', 'd', 'e']);
    expect(lost).toEqual(['b']);
  });

  it('costs a peek nothing while it is overdue and out of scope', async () => {
    const store = await StoreDriver.open(opener());
    const foreign = Array.from({ length: 20_000 }, (_, i) => `foreign-${i}`);
    await store.session.putJobs(foreign, (id, _stored, { now }) => aJob({ id, task: 'Unknown.task' }, now));
    await store.put({ id: 'mine' });
    let looks = 0;
    const tasks = new Set(['Reports.daily']);
    const scope = aScope();
    const counting = {
      ...scope,
      tasks: Object.assign(tasks, { has: (task: string) => (looks++, task === 'Reports.daily') }),
    };
    expect(await store.due(lane(10), counting)).toEqual(['mine']);
    const first = looks;
    for (let i = 0; i < 50; i++) await store.due(lane(10), counting);
    expect(first).toBe(20_001);
    expect(looks).toBe(first);
  });
});
