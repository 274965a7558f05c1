import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeJobStore as describeShipped } from '../../lib/testing/stores/describe-job-store.js';
import { describeModel } from './model.conformance.js';
import { StoreDriver, type OpenStore } from './store-driver.js';
import { describeTransactions } from './transactions.conformance.js';

export interface ConformanceOptions {
  readonly isShared: boolean;
  /** Whether the store's clock is the virtual one given to `open`; a database has its own. */
  readonly usesVirtualClock: boolean;
  /** What a transaction that writes keeps others from: the rows it has written, or all. */
  readonly locks: 'rows' | 'all' | 'none';
}

/**
 * What every job store of this package must do: the suite that is shipped for stores of others, and what needs TypeORM or
 * generated cases on top. No test moves the clock by more than it takes to tell two instants apart: jobs are due a minute
 * ago or in an hour.
 */
export function describeJobStore(name: string, open: OpenStore, options: ConformanceOptions): void {
  const { isShared } = options;
  describeShipped(name, open, { describe, it, beforeEach, afterEach, expect }, { isShared });

  describe(`${name} as a job store of this package`, () => {
    let driver: StoreDriver;
    const store = () => driver;

    beforeEach(async () => {
      driver = await StoreDriver.open(open);
    });
    afterEach(async () => {
      await driver.opened.dispose();
    });

    describeTransactions(store, options);
    describeModel(open, options);
  });
}
