import type { JobDefaults } from '../../../../lib/index.js';

/** A job of the program `witnessed`. */
export interface WitnessedJob {
  /** From slot to slot, in milliseconds. */
  readonly every: number;
  /** A cron pattern of the same distance; default: an interval, which counts from when the job was stored. */
  readonly cron?: string;
  /** Made by `addJobs` instead of a decorator. */
  readonly isAdded?: true;
  /** Whether its handler fails now and then. */
  readonly fails?: true;
  /** How long some calls of its handler last, in milliseconds: fires meet them. Their handler ends when it is told to. */
  readonly lasts?: number;
  readonly options?: JobDefaults;
}

/** How a call of a handler ended, as the handler knows: a cancelled one was told so, an aborted one of something else. */
export type CallEnd = 'succeeded' | 'failed' | 'cancelled' | 'aborted';

/** One line for each, program and tests go by it. */
const WITNESSED_JOBS = {
  'declared-50': { every: 50 },
  'declared-80': { every: 80 },
  'declared-100': { every: 100, options: { coalesce: 'earliest', misfireGraceTime: { seconds: 1 } } },
  // Rare enough for a busy machine to catch up with, one by one.
  'declared-900': { every: 900, options: { coalesce: 'all' } },
  'added-60': { every: 60, isAdded: true },
  'added-90': { every: 90, isAdded: true, options: { maxInstances: 2 } },
  'added-150': { every: 150, isAdded: true, fails: true, options: { retry: { maxAttempts: 3, delay: 20 } } },
  // Every policy with one instance and with more, and in one of the two cases with retries.
  'skip-1': { every: 250, lasts: 600, fails: true, options: { overlap: 'skip', retry: { maxAttempts: 2, delay: 20 } } },
  'skip-2': { every: 150, lasts: 600, isAdded: true, options: { overlap: 'skip', maxInstances: 2 } },
  // Rare enough for the queue to come to an end on a busy machine, where it takes long to begin each of them.
  'queue-1': { every: 1000, lasts: 1300, isAdded: true, options: { overlap: 'queue' } },
  'queue-3': {
    every: 600,
    lasts: 1200,
    fails: true,
    options: { overlap: 'queue', maxInstances: 3, retry: { maxAttempts: 3, delay: 20 } },
  },
  'queue-one-1': {
    every: 250,
    lasts: 600,
    isAdded: true,
    fails: true,
    options: { overlap: 'queueOne', retry: { maxAttempts: 3, delay: 20 } },
  },
  'queue-one-2': { every: 150, lasts: 600, options: { overlap: 'queueOne', maxInstances: 2 } },
  'cancel-1': { every: 150, lasts: 1000, options: { overlap: 'cancelRunning' } },
  'cancel-2': {
    every: 100,
    lasts: 1000,
    isAdded: true,
    fails: true,
    options: { overlap: 'cancelRunning', maxInstances: 2, retry: { maxAttempts: 3, delay: 20 } },
  },
} as const satisfies Readonly<Record<string, WitnessedJob>>;

const EVERY_SECOND: WitnessedJob = { every: 1000, cron: '* * * * * *' };

/**
 * The jobs by id.
 *
 * @param crowd so many more that all fire on the full second
 */
export function witnessedJobs(crowd: number): ReadonlyMap<string, WitnessedJob> {
  const jobs = new Map<string, WitnessedJob>(Object.entries(WITNESSED_JOBS));
  for (let i = 0; i < crowd; i++) jobs.set(`second-${i}`, EVERY_SECOND);
  return jobs;
}
