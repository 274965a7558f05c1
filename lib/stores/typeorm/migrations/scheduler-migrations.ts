import type { MigrationInterface } from 'typeorm';
import { DEFAULT_TABLE_PREFIX, type TableOptions } from '../table-names.js';
import { CreateSchedulerTables } from './create-scheduler-tables.js';

/**
 * The migrations that make the scheduler's tables, to run together with your own. The store runs them by itself
 * unless it is told `migrate: false`; those that ran before do no harm.
 *
 * @example
 * new DataSource({ ...options, migrations: [...myMigrations, ...schedulerMigrations()] });
 * @publicApi
 */
export function schedulerMigrations(options: TableOptions = {}): (new () => MigrationInterface)[] {
  const { tablePrefix = DEFAULT_TABLE_PREFIX, schema = null } = options;
  return [
    class extends CreateSchedulerTables {
      readonly tablePrefix = tablePrefix;
      readonly schema = schema;
      readonly name = migrationName('CreateSchedulerTables', tablePrefix, 1_790_000_000_000);
    },
  ];
}

/** Two sets of tables may be made from one list of migrations, so the prefix is part of the name. */
function migrationName(what: string, prefix: string, timestamp: number): string {
  return prefix === DEFAULT_TABLE_PREFIX ? `${what}${timestamp}` : `${what}_${prefix}${timestamp}`;
}
