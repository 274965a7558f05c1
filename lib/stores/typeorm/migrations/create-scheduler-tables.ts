import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { SchemaStatements } from '../dialects/dialect.js';
import { dialectFor } from '../dialects/dialects.js';
import { tableNames } from '../table-names.js';
import { InvalidStoreOptionError } from '../typeorm-errors.js';

/** TypeORM knows a migration by its name and makes it without arguments, so each prefix has a class. */
export abstract class CreateSchedulerTables implements MigrationInterface {
  abstract readonly tablePrefix: string;
  abstract readonly schema: string | null;
  /** TypeORM takes the time of the migration from its last 13 digits. */
  abstract readonly name: string;

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of this.#schema(runner).create) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of this.#schema(runner).drop) await runner.query(statement);
  }

  #schema(runner: QueryRunner): SchemaStatements {
    const { type } = runner.dataSource.options;
    const dialect = dialectFor(type);
    if (!dialect)
      throw new InvalidStoreOptionError(`there are no scheduler tables for the database type "${type}" yet.`);
    return dialect(tableNames(this.tablePrefix, this.schema)).schema;
  }
}
