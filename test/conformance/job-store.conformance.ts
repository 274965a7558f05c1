import { afterEach, beforeEach, describe } from 'vitest';
import { describeClaim } from './claim.conformance.js';
import { describeCompletion } from './completion.conformance.js';
import { describeDroppedFires } from './dropped-fires.conformance.js';
import { describeFailures } from './failures.conformance.js';
import { describeHistory } from './history.conformance.js';
import { describeJobs } from './jobs.conformance.js';
import { describeModel } from './model.conformance.js';
import { describeNodes } from './nodes.conformance.js';
import { describePeek } from './peek.conformance.js';
import { describeCancelling } from './cancel.conformance.js';
import { describeQueue } from './queue.conformance.js';
import { describeRaces } from './races.conformance.js';
import { describeRetry } from './retry.conformance.js';
import { describeTakeOver } from './take-over.conformance.js';
import { describeTransactions } from './transactions.conformance.js';
import { StoreDriver, type OpenStore } from './store-driver.js';

export interface ConformanceOptions {
  readonly isShared: boolean;
  /** Whether the store's clock is the virtual one given to `open`; a database has its own. */
  readonly usesVirtualClock: boolean;
  /** What a transaction that writes keeps others from: the rows it has written, or all. */
  readonly locks: 'rows' | 'all' | 'none';
}

/**
 * What every job store must do: the specification of `JobStoreSession`, rule by rule. No test moves the clock by more
 * than it takes to tell two instants apart: jobs are due a minute ago or in an hour.
 */
export function describeJobStore(name: string, open: OpenStore, options: ConformanceOptions): void {
  describe(`${name} as a job store`, () => {
    let driver: StoreDriver;
    const store = () => driver;

    beforeEach(async () => {
      driver = await StoreDriver.open(open);
    });
    afterEach(async () => {
      await driver.opened.dispose();
    });

    describeNodes(store, options);
    describeJobs(store);
    describeDroppedFires(store);
    describePeek(store);
    describeClaim(store);
    describeQueue(store);
    describeCancelling(store);
    describeCompletion(store);
    describeFailures(store);
    describeRetry(store);
    describeTakeOver(store);
    describeTransactions(store, options);
    describeHistory(store);
    if (options.isShared) describeRaces(store);
    describeModel(open, options);
  });
}
