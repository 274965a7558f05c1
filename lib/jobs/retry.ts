import { showValue } from '../errors/show-value.js';
import { parseDuration, type DurationInput } from '../triggers/duration.js';
import { InvalidJobOptionError } from './job-errors.js';
import type { JobPolicy, JobRecord } from './job-record.js';
import { assertKnownKeys, assertObject } from './known-keys.js';
import type { RunRecord } from './run-record.js';

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
   * `'fixed'`: every pause is `delay`; `'exponential'`: each is twice the one before, up to a day, or `delay` if that is
   * longer. Default `'fixed'`.
   */
  readonly backoff?: Backoff;
  /**
   * The pause after the first failed attempt, at most 365 days. Default 1 second: what made an attempt fail is seldom
   * gone in the same instant.
   */
  readonly delay?: DurationInput;
}

/** {@link RetryOptions} with the defaults filled in, as a job is stored with them. @publicApi */
export interface RetryPolicy {
  /** 2 or more. */
  readonly maxAttempts: number;
  readonly backoff: Backoff;
  /** Milliseconds. */
  readonly delay: number;
}

export const BACKOFFS: readonly Backoff[] = ['fixed', 'exponential'];

const KEYS = ['maxAttempts', 'backoff', 'delay'] as const satisfies readonly (keyof RetryOptions)[];
const PLANNED: ReadonlySet<string> = new Set(['maxDelay', 'jitter', 'retryIf']);
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
  assertKnownKeys(options, KEYS, what, PLANNED);
  const maxAttempts = resolveMaxAttempts(options.maxAttempts, `${what}.maxAttempts`);
  const backoff = resolveBackoff(options.backoff, `${what}.backoff`);
  const delay = resolveDelay(options.delay, backoff, `${what}.delay`);
  return maxAttempts === 1 ? null : Object.freeze({ maxAttempts, backoff, delay });
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
  { attempt, maxAttempts }: Pick<RunRecord, 'attempt' | 'maxAttempts'>,
  { retry }: JobPolicy,
): number | null {
  if (attempt >= maxAttempts) return null;
  const { backoff, delay } = retry ?? { backoff: 'fixed', delay: DEFAULT_DELAY_MS };
  if (backoff === 'fixed') return delay;
  return Math.min(delay * 2 ** (attempt - 1), Math.max(delay, DAY_MS));
}

/**
 * Whether a run was made for this job, and not for one that was removed before another was added under its id: the
 * runs of a removed job are not tried again.
 */
export function isRunOf({ gen }: Pick<RunRecord, 'gen'>, { createdAt }: Pick<JobRecord, 'createdAt'>): boolean {
  return gen >= createdAt;
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
  const delay = parseDuration(value, what);
  if (delay > LONGEST_DELAY_MS) throw new InvalidJobOptionError(`${what} is longer than 365 days.`);
  if (delay === 0 && backoff === 'exponential') {
    throw new InvalidJobOptionError(
      `${what} is 0, and twice that is 0 as well. Give a delay, or backoff: 'fixed' to try again at once.`,
    );
  }
  return delay;
}
