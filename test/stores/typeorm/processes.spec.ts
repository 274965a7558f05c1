import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { slotRunId } from '../../../lib/jobs/run-id.js';
import { aJob, SECOND } from '../../support/store-fixtures.js';
import { Child } from './child.js';
import { openFile } from './open-store.js';
import { SqliteFolder } from './sqlite-file.js';

const SLOTS = 20;
const JOBS = Array.from({ length: 40 }, (_, i) => `job-${i}`);

describe('several processes on one SQLite file', { timeout: 180_000 }, () => {
  let folder: SqliteFolder;
  let children: Child[] = [];

  beforeEach(() => {
    folder = new SqliteFolder();
  });
  afterEach(async () => {
    for (const child of children) await child.kill();
    children = [];
    folder.remove();
  });

  const start = (program: string, ...args: string[]) => {
    const child = new Child(program, folder.file(), ...args);
    children.push(child);
    return child;
  };
  const all = (work: (child: Child) => Promise<void>) => Promise.all(children.map(work));

  it('W13 migrate it once when they all start on an empty one', async () => {
    for (let i = 0; i < 4; i++) start('boot');
    await all((child) => child.toTell('ready'));
    for (const child of children) child.go();
    await all((child) => child.toTell('jobs'));

    const file = new Database(folder.file());
    expect(file.prepare('SELECT count(*) AS n FROM scheduler_migrations').get()).toEqual({ n: 1 });
    file.close();
  });

  it('wake each other within moments of a write', async () => {
    let heard: () => void = () => {};
    const woken = new Promise<void>((resolve) => (heard = resolve));
    const session = await openFile(folder.file(), { onChange: () => heard() });
    const adder = start('adder', 'added');
    await adder.toTell('ready');
    adder.go();
    await woken;
    expect((await session.getJob('added'))?.id).toBe('added');
    await session.close();
  });

  it('are not woken by their own writes', async () => {
    const clockTicks: (() => void)[] = [];
    let changes = 0;
    const clock = {
      now: () => Date.now(),
      monotonic: () => performance.now(),
      setTimer: (callback: () => void) => {
        clockTicks.push(callback);
        return { cancel: () => {} };
      },
    };
    const session = await openFile(folder.file(), { clock, onChange: () => changes++ });
    await session.putJobs(['own'], (id, _stored, { now }) => aJob({ id }, now));
    clockTicks.shift()?.();
    expect(changes).toBe(0);

    const other = await openFile(folder.file());
    await other.putJobs(['foreign'], (id, _stored, { now }) => aJob({ id }, now));
    await other.close();
    clockTicks.shift()?.();
    clockTicks.shift()?.();
    expect(changes).toBe(1);
    await session.close();
  });

  /** Jobs that are due a minute back, each with so many slots. */
  const storeJobs = async (): Promise<{ lastSlot: number; runIds: string[] }> => {
    const session = await openFile(folder.file());
    let first = 0;
    await session.putJobs(JOBS, (id, _stored, { now }) => {
      first = now - SLOTS * SECOND;
      return aJob({ id, nextFireAt: first, dueAt: first, maxInstances: 3 }, now);
    });
    await session.close();
    const slots = Array.from({ length: SLOTS }, (_, i) => first + i * SECOND);
    const runIds = JOBS.flatMap((id) => slots.map((slot) => slotRunId(id, 1, slot)));
    return { lastSlot: slots.at(-1) as number, runIds: runIds.sort() };
  };

  it('G1 P01 run each slot exactly once', async () => {
    const { lastSlot, runIds } = await storeJobs();
    for (const node of ['node-1', 'node-2', 'node-3']) start('claimer', node, String(lastSlot));
    await all((child) => child.toTell('ready'));
    for (const child of children) child.go();
    await all((child) => child.toTell('done'));

    const started = children.flatMap((child) => child.told('started')).flat() as string[];
    expect(started.sort()).toEqual(runIds);
    expect(children.flatMap((child) => child.told('fenced'))).toEqual([]);
    const session = await openFile(folder.file());
    const { runs } = await session.listRuns({ states: ['succeeded'], limit: 10_000 });
    expect(runs.map((run) => run.runId).sort()).toEqual(runIds);
    expect((await session.listJobs({})).jobs).toEqual([]);
    await session.close();
  });

  it('G3 W01 W02 lose no slot when one of them is killed: its runs are lost, on record, and the rest goes on', async () => {
    const { lastSlot, runIds } = await storeJobs();
    const victim = start('claimer', 'victim', String(lastSlot));
    const survivor = start('claimer', 'survivor', String(lastSlot));
    await all((child) => child.toTell('ready'));
    victim.go();
    await victim.toTell('started', 3);
    await victim.kill();

    const session = await openFile(folder.file());
    const node = (await session.nodes()).nodes.find(({ id }) => id === 'victim');
    if (!node) throw new Error('The victim has no row.');
    const { taken, lost } = await session.takeOverNode(node);
    expect(taken).toBe(true);
    survivor.go();
    await survivor.toTell('done');

    const { runs } = await session.listRuns({ limit: 10_000 });
    expect(runs.map((run) => run.runId).sort()).toEqual(runIds);
    expect(new Set(runs.map((run) => run.state))).toEqual(new Set(['succeeded', ...lost.map((run) => run.state)]));
    await session.close();
  });
});
