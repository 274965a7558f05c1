import { describe, expect, it } from 'vitest';
import { digestOfDeclared } from '../../../lib/jobs/declared-job.js';
import type { JobRecord } from '../../../lib/jobs/job-record.js';
import { cron } from '../../../lib/triggers/cron.js';
import { recordingLogs } from '../../events/recording-logger.js';
import { LastingStore } from '../../support/lasting-store.js';
import { aNode } from '../../support/store-fixtures.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';
import { declaredJob, harnesses, shutDown } from './harnesses.js';

const { create } = harnesses();
const HOUR = 3_600_000;
/** Longer than one lease and a sweep. */
const A_WHILE = 60_000;

/** Nodes on one store, each with the jobs that its version of the application declares. */
class Cluster {
  readonly clock = new VirtualClock('2030-01-01T00:30:00Z');
  readonly store = new LastingStore();

  async node(...ids: string[]) {
    const harness = create({ store: this.store, historyRetention: { maxAge: { hours: 3 } } }, this.clock);
    const calls = harness.task('work');
    harness.scheduler.declare(ids.map((id) => declaredJob(id, cron('0 * * * *'))));
    await harness.scheduler.start();
    await settle();
    return { harness, calls, service: harness.service, stop: () => shutDown(harness) };
  }

  async job(id: string): Promise<JobRecord | null> {
    return (await this.store.session()).getJob(id);
  }

  /** Whether it is marked as one that nobody declares. */
  async isMarked(id: string): Promise<boolean> {
    return (await this.job(id))?.policy.orphanedAt !== undefined;
  }
}

/** The warnings that are told meanwhile about jobs that nobody declares. */
const warningsDuring = (work: () => Promise<unknown>): Promise<string[]> =>
  recordingLogs(['warn'], async (logger) => {
    await work();
    return logger.lines.map(({ message }) => message).filter((message) => message.includes('No decorator declares'));
  });

describe('P04 P18 a declared job that was removed from the code of a cluster which is never down as a whole', () => {
  it('is left alone while a node that declares it lives, and marked, with one warning, once none does', async () => {
    const cluster = new Cluster();
    const old = [await cluster.node('report', 'gone'), await cluster.node('report', 'gone')];
    const during = await warningsDuring(async () => {
      await cluster.node('report');
      await old[0]!.stop();
      await cluster.node('report');
      await cluster.clock.advance(HOUR);
    });
    expect(during).toEqual([]);
    expect(await cluster.isMarked('gone')).toBe(false);
    expect(old[1]!.calls).not.toEqual([]);

    const after = await warningsDuring(async () => {
      await old[1]!.stop();
      await cluster.clock.advance(A_WHILE);
    });
    expect(after).toEqual([expect.stringMatching(/"gone" in the store "default"/)]);
    expect([await cluster.isMarked('gone'), await cluster.isMarked('report')]).toEqual([true, false]);
    expect(await warningsDuring(() => cluster.clock.advance(HOUR + A_WHILE))).toEqual([]);
  });

  it('is marked when the node that declared it has died without a word, once its lease is over', async () => {
    const cluster = new Cluster();
    const old = await cluster.node('report', 'gone');
    const declares = digestOfDeclared(['report', 'gone']);
    await (await cluster.store.session()).joinNode({ ...aNode('dying'), declares }, 50_000);
    await old.stop();
    await cluster.node('report');
    await cluster.clock.advance(45_000);
    expect(await cluster.isMarked('gone')).toBe(false);
    await cluster.clock.advance(A_WHILE);
    expect(await cluster.isMarked('gone')).toBe(true);
  });

  it('is removed after the retention time of the history, with one event, while the nodes go on', async () => {
    const cluster = new Cluster();
    const old = await cluster.node('report', 'gone');
    const nodes = [await cluster.node('report'), await cluster.node('report')];
    await old.stop();
    await cluster.clock.advance(2.9 * HOUR);
    expect(await cluster.isMarked('gone')).toBe(true);
    await cluster.clock.advance(1.2 * HOUR);
    expect(await cluster.job('gone')).toBeNull();
    expect(await cluster.job('report')).not.toBeNull();
    const removed = nodes.flatMap(({ harness }) => harness.of('job.removed').map(({ jobId }) => jobId));
    expect(removed).toEqual(['gone']);
  });

  it('is not kept from being marked by nodes that declare nothing at all', async () => {
    const cluster = new Cluster();
    const old = await cluster.node('report', 'gone');
    await cluster.node();
    await cluster.node('report');
    await old.stop();
    await cluster.clock.advance(A_WHILE);
    expect([await cluster.isMarked('gone'), await cluster.isMarked('report')]).toEqual([true, false]);
  });

  it('stays as it is while applications with other jobs share the store', async () => {
    const cluster = new Cluster();
    const old = await cluster.node('report', 'gone');
    await cluster.node('bill');
    await cluster.node('report');
    await old.stop();
    await cluster.clock.advance(HOUR);
    expect(await cluster.isMarked('gone')).toBe(false);
    expect((await cluster.job('bill'))?.runCount).toBe(1);
  });

  it('goes on when a node that declares it starts, and when one comes back that was taken for dead', async () => {
    const cluster = new Cluster();
    const old = await cluster.node('report', 'gone');
    await old.stop();
    await cluster.node('report');
    expect(await cluster.isMarked('gone')).toBe(true);
    const back = await cluster.node('report', 'gone');
    expect(await cluster.isMarked('gone')).toBe(false);

    // What others do while it stands still.
    const session = await cluster.store.session();
    const id = (await back.service.nodes({ store: 'default' })).find(({ isSelf }) => isSelf)!.id;
    const { leaseUntil } = (await session.nodes()).nodes.find((node) => node.id === id)!;
    await session.takeOverNode({ id, leaseUntil });
    await session.changeJobs(['gone'], (job, now) => ({
      ...job,
      policy: { ...job.policy, orphanedAt: now },
      gen: job.gen + 1,
    }));
    await cluster.clock.advance(A_WHILE);
    expect(await cluster.isMarked('gone')).toBe(false);
  });

  it('keeps nobody waiting until all is idle, nor does a run of it that waits, from the moment on in which it is known', async () => {
    const cluster = new Cluster();
    const old = await cluster.node('gone');
    const other = await cluster.node();
    old.harness.scheduler.pause();
    await old.service.runJob('gone');
    const idle = [false, false];
    const wait = ({ service }: typeof old, i: number) => void service.untilIdle().then(() => (idle[i] = true));
    wait(other, 0);
    await cluster.clock.advance(A_WHILE);
    expect(idle).toEqual([false, false]);
    await old.stop();
    await cluster.clock.advance(A_WHILE);
    expect(idle).toEqual([true, false]);

    // At a later start nothing is said of it any more.
    wait(await cluster.node(), 1);
    await settle();
    expect(idle).toEqual([true, true]);
    expect((await cluster.job('gone'))?.state).toBe('active');
  });

  it('is told of with the remedy when its task is gone, too: its declaration, as aliases help nothing', async () => {
    const cluster = new Cluster();
    const old = await cluster.node('report', 'Reports.gone');
    await old.stop();
    const harness = create({ store: cluster.store }, cluster.clock);
    await harness.scheduler.start();
    await cluster.clock.advance(A_WHILE);
    const told = harness.of('job.unresolvable').find(({ jobId }) => jobId === 'Reports.gone');
    expect(told?.message).toMatch(/declares the job.*"work".*\{ id: 'Reports\.gone' \}.*removeJob\('Reports\.gone'\)/);
    expect(told?.message).not.toContain('aliases');
  });

  it('costs no list of jobs at each sweep', async () => {
    const cluster = new Cluster();
    await cluster.node('report');
    await cluster.node('report');
    await cluster.clock.advance(A_WHILE);
    const session = await cluster.store.session();
    let lists = 0;
    const { listJobs } = session;
    session.listJobs = (filter) => {
      lists++;
      return listJobs.call(session, filter);
    };
    await cluster.clock.advance(2.5 * HOUR);
    expect(lists).toBe(2 * 2);
  });
});
