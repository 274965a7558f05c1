import { SchedulerError } from '../../errors/scheduler-error.js';
import { showError } from '../../errors/show-value.js';

/** An option of `TypeOrmJobStore` that is unknown, misplaced or has a wrong value. @publicApi */
export class InvalidStoreOptionError extends SchedulerError {
  readonly code = 'INVALID_STORE_OPTION';

  constructor(problem: string) {
    super(`TypeOrmJobStore: ${problem}`);
  }
}

/** The npm package of the database driver is not installed, or can't be loaded. @publicApi */
export class StoreDriverMissingError extends SchedulerError {
  readonly code = 'STORE_DRIVER_MISSING';

  constructor(store: string, driver: string, install: string, options?: ErrorOptions) {
    super(`Store "${store}": the driver "${driver}" can't be loaded. Install it with: ${install}`, options);
  }
}

/** The tables are not there and the store was told not to make them. @publicApi */
export class StoreSchemaMissingError extends SchedulerError {
  readonly code = 'STORE_SCHEMA_MISSING';

  constructor(store: string, tables: readonly string[]) {
    super(
      `Store "${store}": the database has no table ${tables.join(', ')}. Leave out migrate: false, ` +
        `or add schedulerMigrations() to the migrations you run yourself (with the same tablePrefix).`,
    );
  }
}

/** A stored run can't be understood. Its row is left in place. @publicApi */
export class UnreadableRunError extends SchedulerError {
  readonly code = 'UNREADABLE_RUN';

  constructor(runId: string, cause: unknown) {
    const detail = showError(cause);
    super(`The stored row of run "${runId}" can't be read: ${detail} Repair or delete the row.`, { cause });
  }
}

/** What one column of a stored row holds can't be understood; the cause of the errors that name the row. */
export class UnreadableColumnError extends SchedulerError {
  readonly code = 'UNREADABLE_COLUMN';

  constructor(column: string, problem: string, options?: ErrorOptions) {
    super(`Column "${column}" ${problem}.`, options);
  }
}

/** A newer version of this package has written the row: it is left to the nodes that understand it. @publicApi */
export class NewerFormatError extends SchedulerError {
  readonly code = 'NEWER_FORMAT';

  constructor(version: number, known: number) {
    super(
      `It is in format ${version}, and this version of the package knows formats up to ${known}: update this node.`,
    );
  }
}
