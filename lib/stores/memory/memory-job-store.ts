import { isObject } from '../../errors/object-kinds.js';
import { showValue } from '../../errors/show-value.js';
import type { JobStore, JobStoreSession, StoreContext } from '../job-store.js';
import { MemoryStoreOptionError } from './memory-errors.js';
import { MemorySession } from './memory-session.js';

/** How much history a {@link MemoryJobStore} keeps. @publicApi */
export interface MemoryJobStoreOptions {
  /** Ended runs kept in all; the oldest go first. Unfinished runs are always kept. Default 10,000. */
  readonly maxRuns?: number;
  /** Ended runs kept of one job. Default 100. */
  readonly maxRunsPerJob?: number;
}

const DEFAULTS: Required<MemoryJobStoreOptions> = { maxRuns: 10_000, maxRunsPerJob: 100 };

/**
 * Keeps jobs and their runs in the memory of this process: the fastest store, for jobs that each process runs for
 * itself and that need not survive it.
 *
 * @example
 * SchedulerModule.forRoot({ store: new MemoryJobStore({ maxRunsPerJob: 20 }) });
 * @publicApi
 */
export class MemoryJobStore implements JobStore {
  readonly kind = 'memory';
  readonly #options: Required<MemoryJobStoreOptions>;

  /** @throws {MemoryStoreOptionError} for an unknown option, or one that is no whole number of at least 0. */
  constructor(options: MemoryJobStoreOptions = {}) {
    assertOptions(options);
    for (const [name, value] of Object.entries(options)) checkOption(name, value);
    this.#options = {
      maxRuns: options.maxRuns ?? DEFAULTS.maxRuns,
      maxRunsPerJob: options.maxRunsPerJob ?? DEFAULTS.maxRunsPerJob,
    };
  }

  /** Each session has jobs of its own, which are gone when it is closed. */
  async open({ alias, clock }: StoreContext): Promise<JobStoreSession> {
    return new MemorySession(alias, clock, this.#options);
  }
}

function assertOptions(options: unknown): void {
  if (isObject(options)) return;
  throw new MemoryStoreOptionError(
    `MemoryJobStore takes options such as { maxRuns: 1000 }, not ${showValue(options)}.`,
  );
}

function checkOption(name: string, value: unknown): void {
  if (!Object.hasOwn(DEFAULTS, name)) {
    throw new MemoryStoreOptionError(
      `MemoryJobStore knows no option "${name}". It has: ${Object.keys(DEFAULTS).join(', ')}.`,
    );
  }
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0)) return;
  throw new MemoryStoreOptionError(
    `The option "${name}" of MemoryJobStore is ${showValue(value)}. Give a whole number of at least 0.`,
  );
}
