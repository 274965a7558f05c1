import { hostname } from 'node:os';
import type { InjectionToken } from '@nestjs/common';
import { SystemClock, type Clock } from './clock.js';
import { assertAlias, LOCAL_STORE, sameStoreError } from './engine/alias.js';
import { InvalidOptionError, UnknownExecutorError } from './engine/engine-errors.js';
import type { ResolvedOptions } from './engine/engine-options.js';
import { assertOpens } from './engine/openable.js';
import { isObject, isPlainObject } from './errors/object-kinds.js';
import { showValue } from './errors/show-value.js';
import type { Executor } from './executors/executor.js';
import { InProcessExecutor } from './executors/in-process/in-process-executor.js';
import { nearestWord } from './jobs/known-keys.js';
import type { JobDefaults } from './jobs/job-options.js';
import { type JobOverride, resolveOverrides } from './jobs/job-override.js';
import { resolveJobDefaults } from './jobs/job-policy.js';
import { isPrintable } from './jobs/option-values.js';
import type { JobStore, Retention } from './stores/job-store.js';
import { MemoryJobStore } from './stores/memory/memory-job-store.js';
import { parseDuration, type DurationInput } from './triggers/duration.js';
import { assertTimeZone } from './triggers/time-zone.js';

export type { ResolvedOptions } from './engine/engine-options.js';

/** How long ended runs are kept. @publicApi */
export interface HistoryRetention {
  /** Default 7 days. Longer than 0. */
  readonly maxAge?: DurationInput;
  /** Default 1,000 for each job. */
  readonly maxRunsPerJob?: number;
  /** Default: no limit over all jobs. */
  readonly maxRuns?: number;
}

/**
 * The options of `SchedulerModule.forRoot`; all may be left out.
 *
 * @example
 * SchedulerModule.forRoot({
 *   timeZone: 'Europe/Berlin',
 *   store: new TypeOrmJobStore({ type: 'better-sqlite3', database: 'jobs.sqlite' }),
 *   jobDefaults: { misfireGraceTime: { minutes: 5 } },
 * })
 * @publicApi
 */
export interface SchedulerModuleOptions {
  /** IANA zone of triggers that name none. Default `'UTC'`; never guessed from the host. */
  readonly timeZone?: string;
  /** The store named `'default'`. Default: in memory. */
  readonly store?: JobStore;
  /** Several stores, by alias. Without `'default'` among them a memory store becomes it. */
  readonly stores?: Readonly<Record<string, JobStore>>;
  /** Executors by alias. Without `'default'` among them an in-process executor becomes it. */
  readonly executors?: Readonly<Record<string, Executor>>;
  /** Options that jobs have unless they say otherwise. */
  readonly jobDefaults?: JobDefaults;
  /**
   * What is to be changed of declared jobs, by id: the trigger, options, or whether they are disabled. An id that no
   * decorator declares is refused when the application starts.
   */
  readonly overrides?: Readonly<Record<string, JobOverride>>;
  /**
   * Token of the provider that the resolvers of decorators are called with, such as `ConfigService`. It may stand in any
   * module, exported or not, and has to be a singleton.
   */
  readonly resolveWith?: InjectionToken;
  /** `false`: a node that adds and inspects jobs but reconciles and runs none until `start()`. Default `true`. */
  readonly autoStart?: boolean;
  /** Whether a started scheduler keeps the process alive. Default `true`. */
  readonly keepAlive?: boolean;
  /** How long running handlers may take to end at shutdown. Default 25 s. */
  readonly shutdownTimeout?: DurationInput;
  /** How long a node that does not answer counts as alive. Default 15 s, at least 1 s. */
  readonly leaseTtl?: DurationInput;
  /** Whether handlers are aborted as soon as the lease is over, not only when the runs were taken. Default `false`. */
  readonly abortOnLeaseExpiry?: boolean;
  /** Global enhancers that apply to handlers, too. Default: none. Global guards never do. */
  readonly globalEnhancers?: readonly ('interceptors' | 'filters')[];
  /** The longest time between two looks at a store, when nothing else wakes the scheduler. Default: by store. */
  readonly pollInterval?: DurationInput;
  /** How long ended runs are kept. A memory store has limits of its own, see `MemoryJobStoreOptions`. */
  readonly historyRetention?: HistoryRetention;
  /** What this node is called in listings. Default: the host's name. */
  readonly nodeName?: string;
  /** Where the time comes from: for tests. */
  readonly clock?: Clock;
}

const KNOWN = [
  'timeZone',
  'store',
  'stores',
  'executors',
  'jobDefaults',
  'overrides',
  'resolveWith',
  'autoStart',
  'keepAlive',
  'shutdownTimeout',
  'leaseTtl',
  'abortOnLeaseExpiry',
  'globalEnhancers',
  'pollInterval',
  'historyRetention',
  'nodeName',
  'clock',
] as const satisfies readonly (keyof SchedulerModuleOptions)[];

const DAY_MS = 86_400_000;
const SHORTEST_LEASE_MS = 1000;

/**
 * Checks the module's options and fills in the defaults.
 *
 * @throws {InvalidOptionError} and the errors of `jobDefaults`, durations and time zones.
 */
export function resolveOptions(input: SchedulerModuleOptions = {}): ResolvedOptions {
  assertKnownOptions(input, KNOWN, 'SchedulerModule: what forRoot takes');
  const leaseTtl = duration(input.leaseTtl, 'leaseTtl', 15_000);
  if (leaseTtl < SHORTEST_LEASE_MS) throw new InvalidOptionError(`leaseTtl is ${leaseTtl} ms; at least 1 s is needed.`);
  const { timeZone = 'UTC' } = input;
  assertTimeZone(timeZone, 'SchedulerModule: timeZone');
  const executors = resolveExecutors(input.executors);
  const jobDefaults = resolveJobDefaults(input.jobDefaults);
  if (!executors.has(jobDefaults.executor)) {
    throw new UnknownExecutorError(jobDefaults.executor, [...executors.keys()], 'jobDefaults');
  }
  return {
    timeZone,
    stores: resolveStores(input),
    executors,
    jobDefaults,
    overrides: resolveOverrides(input.overrides, timeZone),
    resolveWith: resolveToken(input.resolveWith),
    autoStart: flag(input.autoStart, 'autoStart', true),
    keepAlive: flag(input.keepAlive, 'keepAlive', true),
    shutdownTimeout: duration(input.shutdownTimeout, 'shutdownTimeout', 25_000),
    leaseTtl,
    abortOnLeaseExpiry: flag(input.abortOnLeaseExpiry, 'abortOnLeaseExpiry', false),
    globalEnhancers: resolveGlobalEnhancers(input.globalEnhancers),
    pollInterval: resolvePollInterval(input.pollInterval),
    historyRetention: resolveRetention(input.historyRetention),
    nodeName: text(input.nodeName, 'nodeName') ?? hostname(),
    clock: resolveClock(input.clock),
  };
}

function resolveStores({ store, stores }: SchedulerModuleOptions): ReadonlyMap<string, JobStore> {
  if (store && stores) throw new InvalidOptionError('Give either "store" or "stores", not both.');
  if (stores !== undefined) assertAliases(stores, 'stores');
  const given = Object.entries(stores ?? (store === undefined ? {} : { default: store }));
  const resolved = new Map<string, JobStore>();
  for (const [alias, value] of given) {
    assertOpens(value, `stores.${alias}`, 'job store');
    for (const [other, store] of resolved) if (store === value) throw sameStoreError(other, alias);
    resolved.set(alias, value);
  }
  if (!resolved.has('default')) resolved.set('default', new MemoryJobStore());
  if (!resolved.has(LOCAL_STORE)) resolved.set(LOCAL_STORE, new MemoryJobStore());
  return resolved;
}

function resolveExecutors(executors: SchedulerModuleOptions['executors']): ReadonlyMap<string, Executor> {
  if (executors !== undefined) assertAliases(executors, 'executors');
  const resolved = new Map<string, Executor>();
  for (const [alias, value] of Object.entries(executors ?? {})) {
    assertOpens(value, `executors.${alias}`, 'executor');
    resolved.set(alias, value);
  }
  if (!resolved.has('default')) resolved.set('default', new InProcessExecutor());
  return resolved;
}

function resolveGlobalEnhancers(value: unknown): ResolvedOptions['globalEnhancers'] {
  if (value === undefined) return [];
  const isKnown = (one: unknown): one is 'interceptors' | 'filters' => one === 'interceptors' || one === 'filters';
  if (Array.isArray(value) && value.every(isKnown)) return value;
  throw new InvalidOptionError(
    `globalEnhancers must be a list of 'interceptors' and 'filters', got ${showValue(value)}. ` +
      `Global guards never apply to jobs: they are made for requests.`,
  );
}

function resolveToken(token: unknown): InjectionToken | null {
  if (token === undefined) return null;
  if (typeof token === 'string' || typeof token === 'symbol' || typeof token === 'function') {
    return token as InjectionToken;
  }
  throw new InvalidOptionError(
    `resolveWith must be the token of a provider (a class, a string or a symbol), got ${showValue(token)}.`,
  );
}

function resolvePollInterval(value: unknown): number | null {
  if (value === undefined) return null;
  const ms = duration(value, 'pollInterval', 0);
  if (ms < 1) throw new InvalidOptionError('pollInterval must be longer than 0.');
  return ms;
}

function resolveRetention(input: HistoryRetention | undefined): Retention {
  const retention = input === undefined ? {} : input;
  assertKnownOptions(retention, ['maxAge', 'maxRunsPerJob', 'maxRuns'], 'historyRetention');
  const maxAge = duration(retention.maxAge, 'historyRetention.maxAge', 7 * DAY_MS);
  if (maxAge < 1) {
    throw new InvalidOptionError(
      'historyRetention.maxAge must be longer than 0: what has ended is deleted after that time. Leave it out for 7 days.',
    );
  }
  return {
    maxAge,
    maxRunsPerJob: count(retention.maxRunsPerJob, 'historyRetention.maxRunsPerJob') ?? 1000,
    maxRuns: count(retention.maxRuns, 'historyRetention.maxRuns'),
  };
}

function resolveClock(clock: Clock | undefined): Clock {
  if (clock === undefined) return new SystemClock();
  const parts = ['now', 'monotonic', 'setTimer'] as const;
  if (!parts.every((part) => typeof clock?.[part] === 'function')) {
    throw new InvalidOptionError('clock must have the methods now(), monotonic() and setTimer().');
  }
  const { longestTimerMs = 1 } = clock;
  if (typeof longestTimerMs === 'number' && longestTimerMs >= 1) return clock;
  throw new InvalidOptionError(
    `clock.longestTimerMs must be milliseconds from 1 on, got ${showValue(longestTimerMs)}. Leave it out for 30,000.`,
  );
}

function assertKnownOptions(input: unknown, known: readonly string[], what: string): asserts input is object {
  if (!isObject(input)) throw new InvalidOptionError(`${what} must be an object, got ${showValue(input)}.`);
  for (const key of Object.keys(input)) {
    if (known.includes(key)) continue;
    const nearest = nearestWord(key, known);
    throw new InvalidOptionError(
      `${what}: unknown option "${key}". ${nearest ? `Did you mean "${nearest}"?` : `Known: ${known.join(', ')}.`}`,
    );
  }
}

function assertAliases(given: unknown, what: string): void {
  if (!isPlainObject(given))
    throw new InvalidOptionError(`${what} must be an object by alias, got ${showValue(given)}.`);
  for (const alias of Object.keys(given)) assertAlias(alias, what);
}

function duration(value: unknown, what: string, otherwise: number): number {
  return value === undefined ? otherwise : parseDuration(value, `SchedulerModule: ${what}`);
}

function flag(value: unknown, what: string, otherwise: boolean): boolean {
  if (value === undefined) return otherwise;
  if (typeof value === 'boolean') return value;
  throw new InvalidOptionError(`${what} must be true or false, got ${showValue(value)}.`);
}

function count(value: unknown, what: string): number | null {
  if (value === undefined) return null;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidOptionError(`${what} must be a whole number from 1 on, got ${showValue(value)}.`);
}

function text(value: unknown, what: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value.trim() !== '' && value.length <= 255 && isPrintable(value)) return value;
  throw new InvalidOptionError(`${what} must be a text of 1 to 255 printable characters, got ${showValue(value)}.`);
}
