import type { DataSource } from 'typeorm';
import type { Clock } from '../../lib/clock.js';
import type { OpenedStore as ShippedOpenedStore } from '../../lib/testing/stores/describe-job-store.js';

export { lane, StoreDriver } from '../../lib/testing/stores/store-driver.js';

/** What a store of this package under test gives to the suites. */
export interface OpenedStore extends ShippedOpenedStore {
  /** Connections of a caller to the same database, with an empty table: shared stores only. */
  readonly callers?: () => Promise<CallerDatabase>;
}

/** The store's database as an application sees it that uses it for its own data, too. */
export interface CallerDatabase {
  readonly dataSource: DataSource;
  /** Has one column, `id`. */
  readonly table: string;
  /** Opens one more DataSource on the same database. */
  another(): Promise<DataSource>;
  /** Opens DataSources on other databases; whoever asks closes them. */
  strangers(): Promise<DataSource[]>;
}

export type OpenStore = (clock: Clock) => Promise<OpenedStore>;
