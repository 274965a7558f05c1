import type { FirePlan } from '../../jobs/fire-plan.js';
import { JOB_FORMAT_VERSION, type JobPolicy, type JobRecord } from '../../jobs/job-record.js';
import { manualRunId } from '../../jobs/run-id.js';
import type { ClaimEntry, ClaimScope, NodeDraft, RunDraft } from '../../stores/job-store.js';
import { interval } from '../../triggers/factories.js';
import { StoredTrigger } from '../../triggers/stored-trigger.js';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** The task of {@link aJob}, known to {@link aScope}. */
const TASK = 'Reports.daily';

export type JobOverrides = Partial<JobRecord> & { readonly id: string };

/** A job on a one-second interval, added at run time, whose next fire has been due for a minute at `now`. */
export function aJob(overrides: JobOverrides, now: number): JobRecord {
  const nextFireAt = overrides.nextFireAt === undefined ? now - MINUTE : overrides.nextFireAt;
  return {
    name: overrides.id,
    task: TASK,
    trigger: StoredTrigger.of(interval(SECOND), { addedAt: now - 2 * MINUTE, timeZone: 'UTC' }),
    args: [],
    metadata: null,
    tags: [],
    executor: 'default',
    origin: 'added',
    state: 'active',
    nextFireAt,
    dueAt: nextFireAt,
    lastFireAt: null,
    gen: now,
    fence: now,
    series: 1,
    maxInstances: 1,
    policy: aPolicy(),
    runCount: 0,
    failures: 0,
    pauseReason: null,
    definition: '',
    formatVersion: JOB_FORMAT_VERSION,
    createdAt: now,
    updatedAt: now,
    ...overrides,
  };
}

/** The policy of a job without any options, and what is given. */
export function aPolicy(overrides: Partial<JobPolicy> = {}): JobPolicy {
  return { misfireGraceTime: null, coalesce: 'latest', catchUpLimit: 100, maxRuns: null, ...overrides };
}

export function aNode(id: string): NodeDraft {
  return {
    id,
    host: 'host-a',
    pid: 4711,
    machine: 'machine-1',
    incarnation: 'boot-1',
    version: '1.2.3',
    executors: ['default'],
    tasks: [TASK],
    declares: 'digest-1',
  };
}

let scopeVersion = 0;

/** Covers added jobs of {@link TASK}, unless told otherwise. Each scope has a version of its own. */
export function aScope(
  overrides: Partial<Record<Exclude<keyof ClaimScope, 'version'>, readonly string[]>> = {},
): ClaimScope {
  return {
    version: ++scopeVersion,
    tasks: new Set(overrides.tasks ?? [TASK]),
    declaredJobs: new Set(overrides.declaredJobs ?? []),
    excludedJobs: new Set(overrides.excludedJobs ?? []),
  };
}

export interface ClaimOverrides {
  readonly plan?: Partial<FirePlan>;
  readonly expectedFireAt?: number;
  readonly gen?: number;
  readonly fence?: number;
  readonly dispatchesLeft?: number | null;
}

/** The claim of the job's next slot, which runs; the one after it comes a second later. */
export function aClaim(job: JobRecord, { plan, ...entry }: ClaimOverrides = {}): ClaimEntry {
  const slot = job.nextFireAt as number;
  const next = plan?.nextFireAt === undefined ? slot + SECOND : plan.nextFireAt;
  return {
    jobId: job.id,
    job,
    expectedFireAt: slot,
    gen: job.gen,
    fence: job.fence,
    dispatchesLeft: null,
    ...entry,
    plan: {
      nextFireAt: next,
      nextDueAt: next,
      lastFireAt: slot,
      run: { scheduledAt: slot, dueAt: job.dueAt as number },
      backlog: [],
      rollUps: [],
      ...plan,
    },
  };
}

let manualRuns = 0;

/** A run asked for by hand, to be queued at `now`. */
export function aDraft(job: JobRecord, now: number, overrides: Partial<RunDraft> = {}): RunDraft {
  const unique = (++manualRuns).toString(16).padStart(8, '0');
  return {
    runId: manualRunId(job.id, job.series, now, unique),
    scheduledAt: now,
    availableAt: now,
    state: 'queued',
    reason: null,
    origin: 'manual',
    args: null,
    ...overrides,
  };
}
