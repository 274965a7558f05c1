import type { DataSource } from 'typeorm';

/** The options, checked. */
export interface ResolvedStoreOptions {
  /** TypeORM's name of the database. */
  readonly type: string;
  readonly tablePrefix: string;
  readonly schema: string | null;
  readonly migrate: boolean;
  /** The application's own, which is used and never closed. */
  readonly dataSource: DataSource | null;
  /** What TypeORM is given of them. */
  readonly driverOptions: Readonly<Record<string, unknown>>;
}
