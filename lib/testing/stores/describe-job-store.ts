import type { Clock } from '../../clock.js';
import { InvalidOptionError } from '../../engine/engine-errors.js';
import { isObject } from '../../errors/object-kinds.js';
import { assertFlag, assertKnownKeys } from '../../jobs/known-keys.js';
import type { JobStoreSession } from '../../stores/job-store.js';
import { describeCancelling } from './cancel.conformance.js';
import { describeClaim } from './claim.conformance.js';
import { describeCompletion } from './completion.conformance.js';
import { describeDroppedFires } from './dropped-fires.conformance.js';
import { describeFailures } from './failures.conformance.js';
import { describeHistory } from './history.conformance.js';
import { describeJobs } from './jobs.conformance.js';
import { describeLastRun } from './last-run.conformance.js';
import { describeNodes } from './nodes.conformance.js';
import { describePeek } from './peek.conformance.js';
import { describeQueue } from './queue.conformance.js';
import { describeRaces } from './races.conformance.js';
import { describeRetry } from './retry.conformance.js';
import { describeSharedStats, describeStats } from './stats.conformance.js';
import { StoreDriver } from './store-driver.js';
import type { StoreTestFramework } from './store-test-framework.js';
import { describeTakeOver } from './take-over.conformance.js';

/** A store under test, opened on no jobs at all. @publicApi */
export interface OpenedStore {
  readonly session: JobStoreSession;
  /** Opens one more session on the same data: shared stores only. `dispose` closes it. */
  readonly another?: () => Promise<JobStoreSession>;
  /** Closes the sessions, also those closed already, and removes what they have left behind. */
  dispose(): Promise<void>;
}

/** Opens the store under test, anew for each test. @publicApi */
export type OpenStore = (clock: Clock) => Promise<OpenedStore>;

/** What {@link describeJobStore} has to know of a store. @publicApi */
export interface JobStoreTraits {
  /** Whether other processes may work on its jobs; what sessions that share them may do to each other is tried then. */
  readonly isShared: boolean;
}

/**
 * A suite for job stores: the rules of `JobStoreSession`, one by one, as the engine relies on them. Every store of this
 * package passes it. Transactions of a caller's own (`within`) are not part of it.
 *
 * No test moves the clock by more than it takes to tell two instants apart: jobs are due a minute ago or in an hour, so a
 * store may have a clock of its own.
 *
 * @param framework the functions `describe`, `it`, `beforeEach`, `afterEach` and `expect` of Vitest or Jest
 * @throws {InvalidOptionError | InvalidJobOptionError}
 * @example
 * const open = async (clock: Clock) => {
 *   const context = { alias: 'default', clock, keepAlive: false, onChange: () => {} };
 *   const session = await new MemoryJobStore().open(context);
 *   return { session, dispose: () => session.close() };
 * };
 * describeJobStore('memory', open, { describe, it, beforeEach, afterEach, expect }, { isShared: false });
 * @publicApi
 */
export function describeJobStore(
  name: string,
  open: OpenStore,
  framework: StoreTestFramework,
  traits: JobStoreTraits,
): void {
  assertArguments(open, framework, traits);
  const { afterEach, beforeEach, describe } = framework;
  describe(`${name} as a job store`, () => {
    let driver: StoreDriver;
    const store = (): StoreDriver => driver;

    beforeEach(async () => {
      driver = await StoreDriver.open(open);
    });
    afterEach(async () => {
      await driver.opened.dispose();
    });

    describeNodes(framework, store, traits);
    describeJobs(framework, store);
    describeDroppedFires(framework, store);
    describePeek(framework, store);
    describeClaim(framework, store);
    describeQueue(framework, store);
    describeCancelling(framework, store);
    describeCompletion(framework, store);
    describeLastRun(framework, store);
    describeFailures(framework, store);
    describeRetry(framework, store);
    describeTakeOver(framework, store);
    describeHistory(framework, store);
    describeStats(framework, store);
    if (traits.isShared) {
      describeSharedStats(framework, store);
      describeRaces(framework, store);
    }
  });
}

function assertArguments(open: unknown, framework: unknown, traits: JobStoreTraits): void {
  if (typeof open !== 'function') {
    throw new InvalidOptionError('describeJobStore takes a function that opens the store as its second argument.');
  }
  const given: Partial<Record<string, unknown>> = isObject(framework) ? framework : {};
  const missing = ['describe', 'it', 'beforeEach', 'afterEach', 'expect'].filter(
    (name) => typeof given[name] !== 'function',
  );
  if (missing.length > 0) {
    throw new InvalidOptionError(
      `describeJobStore takes { describe, it, beforeEach, afterEach, expect } as its third argument; ${missing.join(', ')} ` +
        `${missing.length === 1 ? 'is' : 'are'} missing.`,
    );
  }
  assertKnownKeys(traits, ['isShared'], 'describeJobStore');
  assertFlag(traits.isShared, 'describeJobStore: isShared');
  if (traits.isShared === undefined) {
    throw new InvalidOptionError('describeJobStore: say whether other processes may work on the jobs, by isShared.');
  }
}
