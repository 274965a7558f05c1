import { beforeAll, describe, expect, it } from 'vitest';
import { Chaos, JOBS, type JobName } from './support/chaos.js';
import { Lives } from './support/life.js';
import { query, runsOf, type StoredRun } from './support/records.js';
import { excessCalls, type Call } from './support/witness.js';

interface JobRow {
  readonly id: JobName;
  readonly trigger: string;
  readonly nextFireAt: number;
  readonly lastFireAt: number;
  readonly runCount: number;
}

/** Every slot up to the high-water mark, by an arithmetic of its own. */
function slotsOf({ id, trigger, lastFireAt }: JobRow): number[] {
  const { every } = JOBS[id];
  const { anchor } = JSON.parse(trigger) as { anchor: number };
  const first = id === 'every-second' ? Math.ceil(anchor / every) * every : anchor + every;
  return steps(first, lastFireAt, every);
}

/** The slots that a record stands for. */
function coveredBy({ jobId, scheduledAt, untilAt, count }: StoredRun): number[] {
  const slots = steps(scheduledAt, untilAt ?? scheduledAt, JOBS[jobId as JobName].every);
  expect(slots).toHaveLength(count ?? 1);
  return slots;
}

function steps(first: number, last: number, every: number): number[] {
  return Array.from({ length: Math.floor((last - first) / every) + 1 }, (_, i) => first + i * every);
}

function ascending(numbers: readonly number[]): number[] {
  return numbers.toSorted((one, other) => one - other);
}

const isRun = ({ state }: StoredRun): boolean => state !== 'skipped' && state !== 'missed';

describe('two applications on one file, which are killed and stopped beyond their lease again and again', () => {
  const lives = Lives.shared();
  let chaos: Chaos;
  let calls: Call[];
  let runs: StoredRun[];
  let jobs: JobRow[];
  let runById: ReadonlyMap<string, StoredRun>;

  const ofJob = (id: string): StoredRun[] => runs.filter(({ jobId }) => jobId === id);

  beforeAll(async () => {
    chaos = new Chaos(lives);
    await chaos.run(['kill', 'kill', 'kill', 'stop', 'stop']);
    await chaos.end();
    calls = chaos.calls;
    runs = runsOf(lives.database);
    runById = new Map(runs.map((run) => [run.runId, run]));
    jobs = query<JobRow>(
      lives.database,
      `SELECT id, trigger_def AS "trigger", next_fire_at AS nextFireAt, last_fire_at AS lastFireAt,
         run_count AS runCount FROM scheduler_job ORDER BY id`,
    );
    const slots = jobs.reduce((sum, job) => sum + slotsOf(job).length, 0);
    const lost = runs.filter(({ state }) => state === 'lost').length;
    process.stdout.write(
      `chaos, seed ${chaos.seed}: ${slots} slots, ${calls.length} starts, ${runs.filter(isRun).length} runs, ` +
        `${lost} lost, ${chaos.kills} kills, ${chaos.stops} stops\n`,
    );
  }, 120_000);

  it('G8 W01 put every slot on record exactly once: as a run, or in a record of those that did not run', () => {
    expect(jobs.map(({ id }) => id)).toEqual(Object.keys(JOBS).toSorted());
    const covered = jobs.map(({ id }) => ({ id, slots: ascending(ofJob(id).flatMap(coveredBy)) }));
    expect(covered).toEqual(jobs.map((job) => ({ id: job.id, slots: slotsOf(job) })));
    expect(jobs.map(({ nextFireAt }) => nextFireAt)).toEqual(jobs.map((job) => job.lastFireAt + JOBS[job.id].every));
    expect(jobs.map(({ runCount }) => runCount)).toEqual(jobs.map(({ id }) => ofJob(id).filter(isRun).length));
  });

  it('G1 G2 P01 start no run twice, and none that is not on record', () => {
    const started = calls.map(({ runId }) => runId);
    expect(started.filter((runId, i) => started.indexOf(runId) !== i)).toEqual([]);
    expect(started.filter((runId) => !isRun(runById.get(runId) as StoredRun))).toEqual([]);
  });

  it('G3 W02 end every run: it has succeeded and its handler was seen to end, or is lost', () => {
    const ended = new Set(calls.filter(({ to }) => to !== Infinity).map(({ runId }) => runId));
    const unfinished = runs.filter(({ state, scheduledAt }) =>
      state === 'queued' ? scheduledAt < chaos.calmSince.getTime() : state === 'running',
    );
    expect(unfinished).toEqual([]);
    expect(runs.filter(({ state, runId }) => state === 'succeeded' && !ended.has(runId))).toEqual([]);
    expect(new Set(runs.filter(isRun).map(({ state }) => state))).toContain('lost');
    expect(query(lives.database, 'SELECT id FROM scheduler_node')).toEqual([]);
  });

  it('G3 G4 lose only what those had that were killed, stopped or starved, tell of it once at most, and it stays lost', () => {
    const disturbed = new Set(chaos.disturbances.map(({ pid }) => pid));
    const causeless = calls.filter(({ runId, pid }) => runById.get(runId)?.state === 'lost' && !disturbed.has(pid));
    expect(causeless).toEqual([]);
    const told = chaos.all.flatMap((life) => life.events('run.lost').map(({ runId }) => runId));
    expect(told).toHaveLength(new Set(told).size);
    expect(told.filter((runId) => runById.get(String(runId))?.state !== 'lost')).toEqual([]);
  });

  it('G5 W04 run no more than maxInstances of a job at a time, but beside handlers of those taken for dead', () => {
    const recorded = calls.map((call) => ({ ...call, run: runById.get(call.runId) as StoredRun }));
    const excess = Object.entries(JOBS).flatMap(([id, { maxInstances }]) => {
      const own = recorded.filter(({ run }) => run.jobId === id);
      const judged = own.map(({ run, ...call }) => ({ ...call, isLost: run.state === 'lost' }));
      return excessCalls(judged, maxInstances, chaos.disturbances);
    });
    expect(excess).toEqual([]);
    const fences = calls.map(({ runId }) => `${runById.get(runId)?.jobId} ${runById.get(runId)?.fence}`);
    expect(new Set(fences).size).toBe(fences.length);
  });

  it('end orderly when they are asked to, and complain of nothing', () => {
    expect(chaos.all.filter((life) => life.events('scheduler.stopped').length === 1)).toHaveLength(2);
    expect(chaos.all.map(({ errors }) => errors).join('')).toBe('');
  });
});
