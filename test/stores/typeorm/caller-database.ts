import { DataSource, type DataSourceOptions } from 'typeorm';
import type { CallerDatabase } from '../../conformance/store-driver.js';

/** Connections of an application to the database of a store, and a table of its own there. */
export class CallerConnections implements CallerDatabase {
  readonly dataSource: DataSource;
  readonly table: string;
  readonly #options: DataSourceOptions;
  readonly #strangers: readonly DataSourceOptions[];
  readonly #more: DataSource[] = [];

  private constructor(dataSource: DataSource, table: string, strangers: readonly DataSourceOptions[]) {
    this.dataSource = dataSource;
    this.table = table;
    this.#options = dataSource.options;
    this.#strangers = strangers;
  }

  /** @param strangers other databases */
  static async open(
    options: DataSourceOptions,
    table: string,
    strangers: readonly DataSourceOptions[],
  ): Promise<CallerConnections> {
    const dataSource = await new DataSource(options).initialize();
    await dataSource.query(`CREATE TABLE IF NOT EXISTS ${table} (id integer)`);
    await dataSource.query(`DELETE FROM ${table}`);
    return new CallerConnections(dataSource, table, strangers);
  }

  async another(): Promise<DataSource> {
    const dataSource = await new DataSource(this.#options).initialize();
    this.#more.push(dataSource);
    return dataSource;
  }

  strangers(): Promise<DataSource[]> {
    return Promise.all(this.#strangers.map((options) => new DataSource(options).initialize()));
  }

  async close(): Promise<void> {
    for (const dataSource of [this.dataSource, ...this.#more]) await dataSource.destroy();
  }
}
