import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeclaredJob } from '../../../lib/jobs/declared-job.js';
import { disableJob } from '../../../lib/jobs/disabled-job.js';
import { at, cron, interval } from '../../../lib/triggers/factories.js';
import type { JobOptions } from '../../../lib/jobs/job-options.js';
import type { JobStore } from '../../../lib/stores/job-store.js';
import { TypeOrmJobStore } from '../../../lib/typeorm.js';
import type { TriggerDefinition } from '../../../lib/triggers/trigger.js';
import { recordingLogs } from '../../events/recording-logger.js';
import { SqliteFolder } from '../../stores/typeorm/sqlite-file.js';
import { LastingStore } from '../../support/lasting-store.js';
import { type Harness } from '../../support/scheduler-harness.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';
import { declaredJob, harnesses, records, refusal, runStates, shutDown, time, timesOf } from './harnesses.js';

const { create } = harnesses();
const everyMinute = cron('* * * * *');
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** Longer than one lease and a sweep. */
const A_WHILE = 60_000;

let folder: SqliteFolder;
beforeEach(() => {
  folder = new SqliteFolder();
});
afterEach(() => folder.remove());

function off(id: string, trigger: TriggerDefinition = everyMinute, options: JobOptions = {}): DeclaredJob {
  return { ...declaredJob(id, trigger, options), disabled: true };
}

/** Nodes that come and go on one store. */
class Cluster {
  readonly clock = new VirtualClock('2030-01-01T00:00:30Z');
  /** The same one again and again, or another object for the same database. */
  readonly store: () => JobStore;
  #only: Harness | null = null;

  constructor(store: () => JobStore) {
    this.store = store;
  }

  async join(...declared: readonly DeclaredJob[]) {
    const harness = create({ store: this.store(), historyRetention: { maxAge: { days: 2 } } }, this.clock);
    const calls = harness.task('work');
    harness.scheduler.declare(declared);
    await harness.scheduler.start();
    await settle();
    return { harness, calls, service: harness.service, stop: () => shutDown(harness) };
  }

  /** In the place of the one before. */
  async deploy(...declared: readonly DeclaredJob[]) {
    await this.stop();
    const node = await this.join(...declared);
    this.#only = node.harness;
    return node;
  }

  /** Nothing runs for so long. */
  async standStill(ms: number): Promise<void> {
    await this.stop();
    await this.clock.advance(ms);
  }

  async stop(): Promise<void> {
    if (this.#only) await shutDown(this.#only);
    this.#only = null;
  }
}

describe.each<[string, () => () => JobStore]>([
  [
    'a store that outlives its schedulers',
    () => {
      const store = new LastingStore();
      return () => store;
    },
  ],
  ['SQLite', () => () => new TypeOrmJobStore({ type: 'better-sqlite3', database: folder.file() })],
])('a declared job that is disabled, on %s', (_kind, stores) => {
  let cluster: Cluster;
  beforeEach(() => {
    cluster = new Cluster(stores());
  });

  it('is listed as disabled, without a next fire, from its first start on, and does not fire', async () => {
    const { calls, service, harness } = await cluster.deploy(off('report'), declaredJob('other', everyMinute));
    expect(await service.getJob('report')).toMatchObject({ state: 'disabled', nextFire: null, trigger: everyMinute });
    expect(harness.of('job.added').map(({ job }) => [job.id, job.state])).toEqual([
      ['report', 'disabled'],
      ['other', 'active'],
    ]);
    await cluster.clock.advance(3 * MINUTE);
    expect(calls).toHaveLength(3);
    expect(await runStates(harness, 'report')).toEqual([]);
  });

  it('is found by its state, and by no other', async () => {
    const { service } = await cluster.deploy(off('report'), off('paused'), declaredJob('other', everyMinute));
    await service.pauseJob('paused');
    const ids = async (filter: Parameters<typeof service.getJobs>[0]) =>
      (await service.getJobs(filter)).map(({ id }) => id);
    expect(await ids({ state: 'disabled' })).toEqual(['paused', 'report']);
    expect(await ids({ state: 'active' })).toEqual(['other']);
    expect(await ids({ state: 'paused' })).toEqual([]);
    expect(await ids({})).toEqual(['other', 'paused', 'report']);
    let table = '';
    await service.printJobs({ write: (text: string) => (table += text) } as unknown as NodeJS.WritableStream);
    expect(table).toMatch(/^report +default +disabled +- +work +every minute \(UTC\)$/m);
  });

  it('keeps its row and its history when it was enabled before, and is told as modified', async () => {
    await cluster.deploy(declaredJob('report', everyMinute));
    await cluster.clock.advance(MINUTE);
    const { calls, harness, service } = await cluster.deploy(off('report'));
    expect(await service.getJob('report')).toMatchObject({ state: 'disabled', runCount: 1 });
    expect(harness.of('job.modified').map(({ job }) => job.state)).toEqual(['disabled']);
    await cluster.clock.advance(2 * MINUTE);
    expect(calls).toEqual([]);
    await cluster.standStill(5 * DAY);

    const again = await cluster.deploy(off('report'));
    expect(await again.service.getJob('report')).toMatchObject({ state: 'disabled', runCount: 1 });
    expect(again.harness.types('job.')).toEqual([]);
  });

  it('goes on from now when it is enabled again: what fell into the meantime is left out', async () => {
    await cluster.deploy(declaredJob('report', everyMinute, { coalesce: 'all' }));
    await cluster.clock.advance(MINUTE);
    // Two are overdue when it is disabled.
    await cluster.standStill(2 * MINUTE);
    await cluster.deploy(off('report', everyMinute, { coalesce: 'all' }));
    await cluster.clock.advance(5 * MINUTE);
    const { calls, harness, service } = await cluster.deploy(declaredJob('report', everyMinute, { coalesce: 'all' }));
    expect(await service.getJob('report')).toMatchObject({ state: 'active', runCount: 1 });
    await cluster.clock.advance(MINUTE);
    expect(timesOf(calls)).toEqual(['00:09:00']);
    expect(await records(harness)).toEqual(['00:01:00 succeeded', '00:09:00 succeeded']);
  });

  it('keeps the step of an interval, and a fire that is still to come', async () => {
    const poll = interval({ minutes: 2 });
    await cluster.deploy(declaredJob('poll', poll));
    await cluster.clock.advance(2.5 * MINUTE);
    await cluster.deploy(off('poll', poll));
    const soon = await cluster.deploy(declaredJob('poll', poll));
    expect(time((await soon.service.getJob('poll'))?.nextFire)).toBe('00:04:30');
    await cluster.deploy(off('poll', poll));
    await cluster.clock.advance(4 * MINUTE);
    const late = await cluster.deploy(declaredJob('poll', poll));
    expect(time((await late.service.getJob('poll'))?.nextFire)).toBe('00:08:30');
  });

  it('begins when it is enabled if it has never fired before', async () => {
    const poll = interval({ minutes: 2 }, { immediate: true });
    await cluster.deploy(off('poll', poll));
    await cluster.clock.advance(MINUTE);
    const { calls } = await cluster.deploy(declaredJob('poll', poll));
    await cluster.clock.advance(2 * MINUTE);
    expect(timesOf(calls)).toEqual(['00:01:30', '00:03:30']);
  });

  it('is missed, not run late, when it is a one-shot whose instant has passed, and over when its time has', async () => {
    const launch = at('2030-01-01T00:01:00Z');
    const season = interval({ seconds: 10 }, { endAt: '2030-01-01T00:01:05Z' });
    const all = [declaredJob('launch', launch), declaredJob('season', season)] as const;
    await cluster.deploy(...all);
    await cluster.clock.advance(10_000);
    await cluster.deploy(off('launch', launch), off('season', season));
    await cluster.clock.advance(MINUTE);
    const { calls, harness, service } = await cluster.deploy(...all);
    await cluster.clock.advance(MINUTE);
    expect(calls).toEqual([]);
    expect(await runStates(harness, 'launch')).toEqual(['missed']);
    expect(await service.getJobs()).toEqual([]);
  });

  it('runs late as a one-shot whose own grace time covers it, and not again as one that has run', async () => {
    const launch = declaredJob('launch', at('2030-01-01T00:01:00Z'), { misfireGraceTime: { minutes: 2 } });
    await cluster.deploy({ ...launch, disabled: true });
    await cluster.clock.advance(MINUTE);
    const { calls } = await cluster.deploy(launch);
    expect(calls).toHaveLength(1);
    await cluster.deploy({ ...launch, disabled: true });
    const again = await cluster.deploy(launch);
    await cluster.clock.advance(MINUTE);
    expect(again.calls).toEqual([]);
    expect(await again.service.getJobs({ finished: true })).toMatchObject([{ state: 'finished' }]);
  });

  it('keeps a pause, one that is made meanwhile as well, and loses one that is ended meanwhile', async () => {
    const jobs = ['before', 'meanwhile', 'ended'];
    const enabled = jobs.map((id) => declaredJob(id, everyMinute));
    const first = await cluster.deploy(...enabled);
    await first.service.pauseJob('before');
    await first.service.pauseJob('ended');
    const { service } = await cluster.deploy(...jobs.map((id) => off(id)));
    await service.pauseJob('meanwhile');
    expect((await service.resumeJob('ended')).state).toBe('disabled');
    const { calls, service: again } = await cluster.deploy(...enabled);
    expect((await again.getJobs()).map(({ id, state }) => [id, state])).toEqual([
      ['before', 'paused'],
      ['ended', 'active'],
      ['meanwhile', 'paused'],
    ]);
    await cluster.clock.advance(MINUTE);
    expect(calls).toHaveLength(1);
  });

  it('keeps what was changed at run time, and takes over what has changed in the code', async () => {
    const { service } = await cluster.deploy(declaredJob('report', everyMinute), declaredJob('digest', everyMinute));
    await service.modifyJob('report', { tags: ['hand'] });
    const disabled = await cluster.deploy(off('report'), off('digest'));
    await disabled.service.rescheduleJob('report', cron('45 * * * * *'));
    await cluster.clock.advance(3 * MINUTE);
    const again = await cluster.deploy(declaredJob('report', everyMinute), declaredJob('digest', cron('15 * * * * *')));
    expect(await again.service.getJob('report')).toMatchObject({ tags: ['hand'], state: 'active' });
    expect(time((await again.service.getJob('report'))?.nextFire)).toBe('00:03:45');
    expect(time((await again.service.getJob('digest'))?.nextFire)).toBe('00:04:15');
    expect(await records(again.harness)).toEqual([]);
  });

  it('stays disabled when addJob replaces it', async () => {
    const { calls, service } = await cluster.deploy(off('report'));
    const input = { id: 'report', task: 'work', trigger: interval({ seconds: 5 }), onConflict: 'replace' } as const;
    expect(await service.addJob(input)).toMatchObject({ state: 'disabled', origin: 'declared' });
    await cluster.clock.advance(MINUTE);
    expect(calls).toEqual([]);
  });

  it('can not be run by hand, since nobody would take the run; the error says how to run its task', async () => {
    await cluster.deploy(declaredJob('report', everyMinute));
    await cluster.clock.advance(MINUTE);
    const { calls, service } = await cluster.deploy(off('report'));
    const call = () => service.runJob('report', { force: true });
    const error = await refusal(call, '"report" is disabled', "addJob({ task: 'work', trigger: at(new Date()) })");
    expect(error.code).toBe('JOB_DISABLED');
    await expect(service.rerun('report@2030-01-01T00:01:00.000Z')).rejects.toMatchObject({ code: 'JOB_DISABLED' });
    const window = { from: '2029-12-31', to: '2030-01-01', limit: 5 };
    await expect(service.backfill('report', window)).rejects.toMatchObject({ code: 'JOB_DISABLED' });
    await service.addJob({ task: 'work', trigger: at(new Date(cluster.clock.now())) });
    await settle();
    expect(calls).toHaveLength(1);
  });

  it('keeps what waits of it until it is enabled, and keeps nobody waiting for that', async () => {
    const first = await cluster.deploy(declaredJob('report', everyMinute));
    first.harness.scheduler.pause();
    await first.service.runJob('report');
    const { calls, service } = await cluster.deploy(off('report'));
    await cluster.clock.advance(2 * MINUTE);
    expect(calls).toEqual([]);
    await service.untilIdle();
    const again = await cluster.deploy(declaredJob('report', everyMinute));
    expect(again.calls).toHaveLength(1);
  });

  it('is named at the start, and no warning speaks of it', async () => {
    await cluster.deploy(declaredJob('report', everyMinute));
    await cluster.stop();
    const harness = create({ store: cluster.store() }, cluster.clock);
    harness.task('work');
    harness.scheduler.declare([off('report'), off('digest')]);
    const lines = await recordingLogs(['warn', 'log'], async (logger) => {
      await harness.scheduler.start();
      await cluster.clock.advance(A_WHILE);
      return logger.lines;
    });
    expect(lines.filter(({ level }) => level === 'warn')).toEqual([]);
    expect(lines.map(({ message }) => message)).toContainEqual(
      'Disabled, so that this process does not fire them: "report", "digest".',
    );
  });

  it('is nobody’s when it is not declared any more, and goes after the retention time', async () => {
    await cluster.deploy(off('report'));
    await cluster.deploy();
    await cluster.standStill(3 * DAY);
    const { service } = await cluster.deploy();
    expect(await service.getJob('report')).toBeNull();
  });

  it('is disabled, too, when nobody declared it for a while before', async () => {
    await cluster.deploy(declaredJob('report', everyMinute));
    await cluster.deploy();
    await cluster.deploy(off('report'));
    await cluster.standStill(3 * DAY);
    const { service } = await cluster.deploy(off('report'));
    expect(await service.getJob('report')).toMatchObject({ state: 'disabled' });
    const { calls } = await cluster.deploy(declaredJob('report', everyMinute));
    await cluster.clock.advance(MINUTE);
    expect(calls).toHaveLength(1);
  });

  it('is fired by the nodes that have it enabled, and by them only', async () => {
    const worker = await cluster.join(declaredJob('report', everyMinute));
    const front = await cluster.join(off('report'));
    await cluster.clock.advance(2 * MINUTE);
    expect([worker.calls.length, front.calls.length]).toEqual([2, 0]);
    expect(await front.service.getJob('report')).toMatchObject({ state: 'active' });
    // Another may run it.
    await front.service.runJob('report');
    await cluster.clock.advance(10_000);
    expect([worker.calls.length, front.calls.length]).toEqual([3, 0]);

    await worker.stop();
    await cluster.clock.advance(A_WHILE);
    expect(await front.service.getJob('report')).toMatchObject({ state: 'disabled' });
    const back = await cluster.join(declaredJob('report', everyMinute));
    await cluster.clock.advance(MINUTE);
    expect([back.calls.length, front.calls.length]).toEqual([1, 0]);
    expect(await front.service.getJob('report')).toMatchObject({ state: 'active' });
  });

  it('runs once after the start that enables it when it is an @AfterStart of the cluster', async () => {
    const afterStart = { delayMs: 1000, scope: 'cluster' } as const;
    const warm = { ...declaredJob('warm', everyMinute), trigger: null, afterStart };
    const { calls, service } = await cluster.deploy({ ...warm, disabled: true });
    await cluster.clock.advance(A_WHILE);
    expect(calls).toEqual([]);
    expect(await service.getJob('warm')).toMatchObject({ state: 'disabled' });
    const enabled = await cluster.deploy(warm);
    await cluster.clock.advance(A_WHILE);
    expect(enabled.calls).toHaveLength(1);
    expect(await runStates(enabled.harness, 'warm')).toEqual(['succeeded']);
  });

  it('is not stored while it has no trigger, and leaves what is stored of it', async () => {
    const without = { ...off('report'), trigger: null };
    const { service } = await cluster.deploy(without);
    expect(await service.getJob('report')).toBeNull();
    await cluster.deploy(declaredJob('report', everyMinute));
    const { service: again } = await cluster.deploy(without);
    expect(await again.getJob('report')).toMatchObject({ state: 'disabled', trigger: everyMinute });
  });
});

describe('a declared job that others take for disabled while its node stands still', () => {
  it('goes on, with what it has missed meanwhile, as soon as the node is back', async () => {
    const store = new LastingStore();
    const cluster = new Cluster(() => store);
    const worker = await cluster.join(declaredJob('report', everyMinute));
    const session = await store.session();
    const [node] = (await session.nodes()).nodes;
    await session.takeOverNode(node!);
    await session.changeJobs(['report'], disableJob);
    await cluster.clock.advance(2 * MINUTE);
    expect((await session.getJob('report'))?.policy.disabledAt).toBeUndefined();
    expect(worker.calls).toHaveLength(2);
  });
});

describe('a disabled job on a store in memory', () => {
  it('is listed, and does not fire', async () => {
    const harness = create();
    const calls = harness.task('work');
    harness.scheduler.declare([off('report')]);
    await harness.scheduler.start();
    await harness.clock.advance(2 * MINUTE);
    expect(calls).toEqual([]);
    expect(await harness.service.getJobs()).toMatchObject([{ id: 'report', state: 'disabled', nextFire: null }]);
    await harness.service.untilIdle();
  });
});
