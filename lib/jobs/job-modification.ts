import { resolveArguments } from './job-arguments.js';
import type { JobModification } from './job-changes.js';
import { InvalidJobOptionError } from './job-errors.js';
import type { JobChanges } from './job-input.js';
import { assertJobOptionKeys, BUILT_IN_DEFAULTS, JOB_OPTION_KEYS, resolveJobOptions } from './job-policy.js';
import type { JobPolicy } from './job-record.js';
import { assertObject } from './known-keys.js';

const POLICY_KEYS = ['misfireGraceTime', 'coalesce', 'catchUpLimit', 'maxRuns'] as const;
/** Left out of a policy that does without. */
const OPTIONAL_POLICY_KEYS = ['jitter', 'overlap', 'retry', 'pauseAfterFailures', 'timeout'] as const;
const KEPT_KEYS = ['name', 'executor', 'maxInstances', 'tags', 'metadata'] as const;

const FIXED_KEYS: readonly string[] = ['id', 'task', 'store'];
const CHANGEABLE_KEYS = ['args', ...JOB_OPTION_KEYS.filter((key) => !FIXED_KEYS.includes(key))];

/**
 * What the changes given to `modifyJob` set, and nothing else: what two callers change at the same time is all kept.
 *
 * @throws {InvalidJobOptionError | InvalidArgumentsError | InvalidDurationError}
 */
export function modificationOf(id: string, changes: JobChanges): JobModification {
  const what = `Job "${id}"`;
  assertObject(changes, what);
  assertChangeable(changes, what);
  assertJobOptionKeys(changes, what, CHANGEABLE_KEYS);
  const resolved = resolveJobOptions(id, changes, BUILT_IN_DEFAULTS, what);
  const policy: Partial<JobPolicy> = {
    ...pickGiven(resolved.policy, POLICY_KEYS, changes),
    // Undefined where it is taken away.
    ...pickGiven(resolved.policy, OPTIONAL_POLICY_KEYS, changes),
  };
  return {
    ...pickGiven(resolved, KEPT_KEYS, changes),
    ...(changes.args === undefined ? {} : { args: resolveArguments(changes.args, what) }),
    policy,
  };
}

/** Whether nothing is set, as when every change that was given is undefined. */
export function isEmpty({ policy = {}, ...others }: JobModification): boolean {
  return Object.keys(others).length === 0 && Object.keys(policy).length === 0;
}

function assertChangeable(changes: object, what: string): void {
  if ('trigger' in changes) {
    throw new InvalidJobOptionError(`${what}: modifyJob does not change the trigger; call rescheduleJob for that.`);
  }
  for (const fixed of FIXED_KEYS) {
    if (!(fixed in changes)) continue;
    throw new InvalidJobOptionError(`${what}: "${fixed}" can't be changed. Remove the job and add it anew.`);
  }
}

/** The members of `resolved` called one of `keys` that the caller has given. */
function pickGiven<T extends object, Key extends keyof T & keyof JobChanges>(
  resolved: T,
  keys: readonly Key[],
  changes: JobChanges,
): Partial<Pick<T, Key>> {
  const picked: Partial<Pick<T, Key>> = {};
  for (const key of keys) if (changes[key] !== undefined) picked[key] = resolved[key];
  return picked;
}
