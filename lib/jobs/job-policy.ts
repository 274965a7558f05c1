import { isDeepStrictEqual } from 'node:util';
import { isObject } from '../errors/object-kinds.js';
import { showValue } from '../errors/show-value.js';
import { parseDuration } from '../triggers/duration.js';
import { COALESCES, type Coalesce } from './coalesce.js';
import { resolveMetadata } from './job-arguments.js';
import { InvalidJobOptionError } from './job-errors.js';
import { assertJobId } from './job-id.js';
import { optionalName, resolveTags } from './job-labels.js';
import type { JobDefaults, JobOptions } from './job-options.js';
import type { JobPolicy } from './job-record.js';
import type { JsonObject } from './json.js';
import { assertKnownKeys, assertObject } from './known-keys.js';
import { optionalCount, optionalText } from './option-values.js';
import { OVERLAPS, type Overlap } from './overlap.js';
import { assertStorable, resolveRetry, type RetryPolicy } from './retry.js';
import { resolveTimeout } from './timeout.js';

/** The defaults of every job, durations in milliseconds. */
export interface ResolvedJobDefaults {
  readonly misfireGraceTime: number | null;
  readonly coalesce: Coalesce;
  readonly catchUpLimit: number;
  readonly maxInstances: number;
  readonly overlap: Overlap;
  readonly retry: RetryPolicy | null;
  readonly pauseAfterFailures: number | null;
  /** Milliseconds. */
  readonly timeout: number | null;
  readonly executor: string;
  /** Milliseconds. */
  readonly jitter: number;
}

/** The options of one job, checked and with the defaults filled in. */
export interface ResolvedJobOptions {
  readonly name: string;
  readonly store: string;
  readonly executor: string;
  readonly maxInstances: number;
  readonly policy: JobPolicy;
  /** Whether the job itself, not a default, says how late it may be. */
  readonly hasOwnGrace: boolean;
  readonly tags: readonly string[];
  readonly metadata: JsonObject | null;
}

export const BUILT_IN_DEFAULTS: ResolvedJobDefaults = {
  misfireGraceTime: null,
  coalesce: 'latest',
  catchUpLimit: 100,
  maxInstances: 1,
  overlap: 'skip',
  retry: null,
  pauseAfterFailures: null,
  timeout: null,
  executor: 'default',
  jitter: 0,
};

const DEFAULT_KEYS = [
  'misfireGraceTime',
  'coalesce',
  'catchUpLimit',
  'maxInstances',
  'overlap',
  'retry',
  'pauseAfterFailures',
  'timeout',
  'executor',
  'jitter',
] as const;

/** Those of them that a job's policy is made of. */
const POLICY_KEYS = DEFAULT_KEYS.filter((key) => key !== 'executor' && key !== 'maxInstances');

/** Every key of {@link JobOptions}. */
export const JOB_OPTION_KEYS = ['id', 'name', 'store', ...DEFAULT_KEYS, 'maxRuns', 'tags', 'metadata'] as const;

/** What users look for here, but stands in `cron(…)`, `interval(…)` and `at(…)`. */
const TRIGGER_OPTION_KEYS: readonly string[] = ['timeZone', 'startAt', 'endAt', 'immediate', 'gap', 'fold'];

const defaultPolicies = new WeakMap<ResolvedJobDefaults, JobPolicy>();

/** @throws {InvalidJobOptionError} */
export function resolveJobDefaults(defaults: JobDefaults | undefined): ResolvedJobDefaults {
  if (defaults === undefined) return BUILT_IN_DEFAULTS;
  if (!isObject(defaults)) {
    throw new InvalidJobOptionError(
      `jobDefaults must be an object such as { maxInstances: 1 }, got ${showValue(defaults)}.`,
    );
  }
  assertKnownKeys(defaults, DEFAULT_KEYS, 'jobDefaults');
  return resolveDefaults(defaults, BUILT_IN_DEFAULTS, 'jobDefaults');
}

/**
 * @param what names the job in messages, such as `Job "report"`
 * @throws {InvalidJobOptionError} for an unknown option or a wrong value
 */
export function resolveJobOptions(
  id: string,
  options: JobOptions,
  defaults: ResolvedJobDefaults,
  what: string,
): ResolvedJobOptions {
  const hasOwnPolicy = POLICY_KEYS.some((key) => options[key] !== undefined);
  const resolved = hasOwnPolicy ? resolveDefaults(options, defaults, what) : defaults;
  const maxRuns = countOrNull(options.maxRuns, `${what}: maxRuns`) ?? null;
  return {
    name: optionalName(options.name, `${what}: name`) ?? id,
    store: optionalText(options.store, `${what}: store`) ?? 'default',
    executor: optionalText(options.executor, `${what}: executor`) ?? defaults.executor,
    maxInstances: optionalCount(options.maxInstances, `${what}: maxInstances`) ?? defaults.maxInstances,
    policy:
      resolved === defaults && maxRuns === null ? defaultPolicy(defaults) : sharedPolicy(policyOf(resolved, maxRuns)),
    hasOwnGrace: options.misfireGraceTime !== undefined,
    tags: resolveTags(options.tags, `${what}: tags`),
    metadata: resolveMetadata(options.metadata, what),
  };
}

/** One object for all jobs that ask for nothing else: with many of them, making and comparing them adds up. */
function defaultPolicy(defaults: ResolvedJobDefaults): JobPolicy {
  let policy = defaultPolicies.get(defaults);
  if (!policy) defaultPolicies.set(defaults, (policy = Object.freeze(policyOf(defaults, null))));
  return policy;
}

/** What was asked for last: jobs that are added together mostly ask for the same. */
let lastPolicy: JobPolicy | null = null;

/** One object for all jobs in a row that ask for the same. */
function sharedPolicy(policy: JobPolicy): JobPolicy {
  if (lastPolicy === null || !isDeepStrictEqual(policy, lastPolicy)) lastPolicy = Object.freeze(policy);
  return lastPolicy;
}

/** What is not asked for is left out, so that the definitions of jobs without it stay what they were. */
function policyOf(resolved: ResolvedJobDefaults, maxRuns: number | null): JobPolicy {
  const { misfireGraceTime, coalesce, catchUpLimit, jitter, overlap, retry, pauseAfterFailures, timeout } = resolved;
  const policy: Mutable<JobPolicy> = { misfireGraceTime, coalesce, catchUpLimit, maxRuns };
  if (jitter !== 0) policy.jitter = jitter;
  if (overlap !== 'skip') policy.overlap = overlap;
  if (retry) policy.retry = retry;
  if (pauseAfterFailures !== null) policy.pauseAfterFailures = pauseAfterFailures;
  if (timeout !== null) policy.timeout = timeout;
  return policy;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

function resolveDefaults(given: JobDefaults, otherwise: ResolvedJobDefaults, what: string): ResolvedJobDefaults {
  if (DEFAULT_KEYS.every((key) => given[key] === undefined)) return otherwise;
  const pauseAfterFailures = countOrNull(given.pauseAfterFailures, `${what}: pauseAfterFailures`);
  return {
    misfireGraceTime: resolveGrace(given.misfireGraceTime, otherwise.misfireGraceTime, `${what}: misfireGraceTime`),
    coalesce: resolveCoalesce(given.coalesce, `${what}: coalesce`) ?? otherwise.coalesce,
    catchUpLimit: optionalCount(given.catchUpLimit, `${what}: catchUpLimit`) ?? otherwise.catchUpLimit,
    maxInstances: optionalCount(given.maxInstances, `${what}: maxInstances`) ?? otherwise.maxInstances,
    overlap: resolveOverlap(given.overlap, `${what}: overlap`) ?? otherwise.overlap,
    retry: given.retry === undefined ? otherwise.retry : resolveRetry(given.retry, `${what}: retry`),
    pauseAfterFailures: pauseAfterFailures === undefined ? otherwise.pauseAfterFailures : pauseAfterFailures,
    timeout: given.timeout === undefined ? otherwise.timeout : resolveTimeout(given.timeout, `${what}: timeout`),
    executor: optionalText(given.executor, `${what}: executor`) ?? otherwise.executor,
    jitter: given.jitter === undefined ? otherwise.jitter : parseDuration(given.jitter, `${what}: jitter`),
  };
}

/** A count that can be done without: `null` asks for that, `undefined` for nothing. */
function countOrNull(value: unknown, what: string): number | null | undefined {
  return value === null ? null : optionalCount(value, what);
}

function resolveGrace(value: JobDefaults['misfireGraceTime'], otherwise: number | null, what: string): number | null {
  if (value === undefined) return otherwise;
  if (value === null) return null;
  // APScheduler counts the grace time in seconds: 300 there is five minutes, here it would be a third of a second.
  if (typeof value === 'number' && value > 0 && value < 1000) {
    throw new InvalidJobOptionError(
      `${what} is ${value} ms, which few jobs can keep. If seconds are meant write { seconds: ${value} }, ` +
        `otherwise { milliseconds: ${value} }.`,
    );
  }
  const grace = parseDuration(value, what);
  if (grace > 0) return grace;
  throw new InvalidJobOptionError(
    `${what} is 0, so that every fire would be missed: none starts in the very millisecond it is due. ` +
      `Give the job some seconds, or null for ever.`,
  );
}

function resolveCoalesce(value: unknown, what: string): Coalesce | undefined {
  if (value === undefined) return undefined;
  if ((COALESCES as readonly unknown[]).includes(value)) return value as Coalesce;
  throw new InvalidJobOptionError(`${what} must be 'latest', 'earliest' or 'all', got ${showValue(value)}.`);
}

function resolveOverlap(value: unknown, what: string): Overlap | undefined {
  if (value === undefined) return undefined;
  if ((OVERLAPS as readonly unknown[]).includes(value)) return value as Overlap;
  throw new InvalidJobOptionError(
    `${what} must be 'skip', 'queue', 'queueOne' or 'cancelRunning', got ${showValue(value)}.`,
  );
}

/** @throws {InvalidJobOptionError | InvalidJobIdError} for keys that are not known, and for a wrong id. */
export function assertJobOptionKeys(options: object, what: string, known: readonly string[]): void {
  assertKnownOptions(options, what, known);
  const { id } = options as JobOptions;
  if (id !== undefined) assertJobId(id, `${what}: id`);
}

/** @throws {InvalidJobOptionError} */
export function assertKnownOptions(options: object, what: string, known: readonly string[]): void {
  assertObject(options, what);
  if (!known.includes('retryIf')) assertStorable(options, what);
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    if (key === 'disabled') {
      throw new InvalidJobOptionError(
        `${what}: only a declared job can be "disabled", by its decorator or by the module's overrides. ` +
          `pauseJob() keeps any job from firing.`,
      );
    }
    if (!TRIGGER_OPTION_KEYS.includes(key)) return assertKnownKeys(options, known, what);
    throw new InvalidJobOptionError(
      `${what}: unknown option "${key}" of a job. Triggers have it: pass it to cron(), interval() or at(), where it applies.`,
    );
  }
}
