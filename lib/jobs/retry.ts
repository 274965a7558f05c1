import { showValue } from '../errors/show-value.js';
import { parseDuration, type DurationInput } from '../triggers/duration.js';
import { InvalidJobOptionError } from './job-errors.js';
import type { JobPolicy, JobRecord } from './job-record.js';
import { assertKnownKeys, assertObject } from './known-keys.js';
import type { RunRecord } from './run-record.js';
import { stableChoice } from './stable-choice.js';

/** How the pauses between the attempts of a run grow: not at all, or to twice the one before. @publicApi */
export type Backoff = 'fixed' | 'exponential';

/**
 * What becomes of a run whose attempt has failed: it is tried again. So is one whose process died.
 *
 * @example
 * // After 10 s, 20 s, 40 s and 80 s.
 * const retry: RetryOptions = { maxAttempts: 5, backoff: 'exponential', delay: { seconds: 10 } };
 * @publicApi
 */
export interface RetryOptions {
  /** How often the handler is called at most, the first time included: 1 to 10,000; 1 is no retry. */
  readonly maxAttempts: number;
  /**
   * `'fixed'`: every pause is `delay`; `'exponential'`: each is twice the one before, up to `maxDelay`. Default `'fixed'`.
   */
  readonly backoff?: Backoff;
  /**
   * The pause after the first failed attempt, at most 365 days. Default 1 second: what made an attempt fail is seldom
   * gone in the same instant.
   */
  readonly delay?: DurationInput;
  /** What the pauses of `'exponential'` grow to, from `delay` to 365 days. Default a day, or `delay` if that is longer. */
  readonly maxDelay?: DurationInput;
  /**
   * Makes each pause longer by up to so much, at most 365 days, always by the same for a run and attempt, so that runs that
   * have failed together are not all tried again together. Default 0.
   */
  readonly jitter?: DurationInput;
}

/** {@link RetryOptions} with the defaults filled in, as a job is stored with them. @publicApi */
export interface RetryPolicy {
  /** 2 or more. */
  readonly maxAttempts: number;
  readonly backoff: Backoff;
  /** Milliseconds. */
  readonly delay: number;
  /** Milliseconds; not there: a day, or `delay` if that is longer. */
  readonly maxDelay?: number;
  /** Milliseconds; not there: none. */
  readonly jitter?: number;
}

export const BACKOFFS: readonly Backoff[] = ['fixed', 'exponential'];

const KEYS = [
  'maxAttempts',
  'backoff',
  'delay',
  'maxDelay',
  'jitter',
] as const satisfies readonly (keyof RetryOptions)[];
const MAX_ATTEMPTS = 10_000;
const DEFAULT_DELAY_MS = 1_000;
const DAY_MS = 86_400_000;
const LONGEST_DELAY_MS = 365 * DAY_MS;

/**
 * Checks what a user says of retries. `null`, or a single attempt: there are none.
 *
 * @param what names the option in messages, such as `Job "report": retry`
 * @throws {InvalidJobOptionError | InvalidDurationError}
 */
export function resolveRetry(options: RetryOptions | null, what: string): RetryPolicy | null {
  if (options === null) return null;
  assertObject(options, what);
  assertStorable(options, what);
  assertKnownKeys(options, KEYS, what);
  const maxAttempts = resolveMaxAttempts(options.maxAttempts, `${what}.maxAttempts`);
  const backoff = resolveBackoff(options.backoff, `${what}.backoff`);
  const delay = resolveDelay(options.delay, backoff, `${what}.delay`);
  const maxDelay = resolveMaxDelay(options.maxDelay, backoff, delay, `${what}.maxDelay`);
  const jitter = options.jitter === undefined ? 0 : resolvePause(options.jitter, `${what}.jitter`);
  if (maxAttempts === 1) return null;
  // What is not asked for is left out, so that the definitions of jobs without it stay what they were.
  const more = { ...(maxDelay === undefined ? {} : { maxDelay }), ...(jitter === 0 ? {} : { jitter }) };
  return Object.freeze({ maxAttempts, backoff, delay, ...more });
}

/** How often a run that is made now is attempted. */
export function maxAttemptsOf({ retry }: JobPolicy): number {
  return retry?.maxAttempts ?? 1;
}

/**
 * How long a run whose attempt has failed waits for the next one, in milliseconds; `null` when none is left. How many
 * attempts a run has was settled when it was made; how long it waits between them is up to the job as it is now.
 */
export function retryDelayOf(
  { runId, attempt, maxAttempts }: Pick<RunRecord, 'runId' | 'attempt' | 'maxAttempts'>,
  { retry }: JobPolicy,
): number | null {
  if (attempt >= maxAttempts) return null;
  if (!retry) return DEFAULT_DELAY_MS;
  const { backoff, delay, maxDelay = Math.max(delay, DAY_MS), jitter = 0 } = retry;
  const pause = backoff === 'fixed' ? delay : Math.min(delay * 2 ** (attempt - 1), maxDelay);
  return jitter === 0 ? pause : pause + stableChoice(`retry:${runId}#${attempt}`, jitter + 1);
}

/**
 * Whether a run was made for this job, and not for one that was removed before another was added under its id: the
 * runs of a removed job are not tried again.
 */
export function isRunOf({ gen }: Pick<RunRecord, 'gen'>, { createdAt }: Pick<JobRecord, 'createdAt'>): boolean {
  return gen >= createdAt;
}

/** Decorators take it out before; in all other places it would have to be stored. @throws {InvalidJobOptionError} */
export function assertStorable(options: object, what: string): void {
  if (!('retryIf' in options)) return;
  throw new InvalidJobOptionError(
    `${what}: "retryIf" is a function, which no store can keep. Give it where the handler is made known: on the decorator ` +
      `of the method, such as @Task('…', { retryIf }), or in registerTask('…', fn, { retryIf }).`,
  );
}

function resolveMaxAttempts(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_ATTEMPTS) return value;
  throw new InvalidJobOptionError(`${what} must be a whole number from 1 to 10,000, got ${showValue(value)}.`);
}

function resolveBackoff(value: unknown, what: string): Backoff {
  if (value === undefined) return 'fixed';
  if ((BACKOFFS as readonly unknown[]).includes(value)) return value as Backoff;
  throw new InvalidJobOptionError(`${what} must be 'fixed' or 'exponential', got ${showValue(value)}.`);
}

function resolveDelay(value: DurationInput | undefined, backoff: Backoff, what: string): number {
  if (value === undefined) return DEFAULT_DELAY_MS;
  const delay = resolvePause(value, what);
  if (delay === 0 && backoff === 'exponential') {
    throw new InvalidJobOptionError(
      `${what} is 0, and twice that is 0 as well. Give a delay, or backoff: 'fixed' to try again at once.`,
    );
  }
  return delay;
}

function resolveMaxDelay(
  value: DurationInput | undefined,
  backoff: Backoff,
  delay: number,
  what: string,
): number | undefined {
  if (value === undefined) return undefined;
  if (backoff === 'fixed') throw new InvalidJobOptionError(`${what} is for backoff: 'exponential'; others don't grow.`);
  const maxDelay = resolvePause(value, what);
  if (maxDelay >= delay) return maxDelay;
  throw new InvalidJobOptionError(`${what} is ${maxDelay} ms, shorter than the first pause, delay, of ${delay} ms.`);
}

function resolvePause(value: DurationInput, what: string): number {
  const pause = parseDuration(value, what);
  if (pause <= LONGEST_DELAY_MS) return pause;
  throw new InvalidJobOptionError(`${what} is longer than 365 days.`);
}
