import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { Invoice } from './invoice.entity.js';
import { OutboxMessage } from './outbox-message.entity.js';

/** A file, or the address of a server: `postgres://…`, `mysql://…` or `mariadb://…`. */
const place = process.env.DATABASE ?? 'billing.sqlite';
const [, scheme] = /^(postgres|mysql|mariadb)(?:ql)?:\/\//.exec(place) ?? [];

/** Where the application's own tables and the scheduler's are, side by side: one transaction can write both. */
export const database = scheme
  ? { type: scheme as 'postgres' | 'mysql' | 'mariadb', url: place }
  : { type: 'better-sqlite3' as const, database: place };

/** With `@nestjs/typeorm` it would be `TypeOrmModule.forRoot(…)`. */
export const dataSourceProvider = {
  provide: DataSource,
  useFactory: () => openDataSource(database),
};

export function openDataSource(options: DataSourceOptions): Promise<DataSource> {
  // An application that is in use has migrations instead of `synchronize`.
  return new DataSource({ ...options, entities: [Invoice, OutboxMessage], synchronize: true }).initialize();
}

/** The scheduler has ended by then: handlers have their database until their end. */
@Injectable()
export class DatabaseCloser implements OnModuleDestroy {
  constructor(@Inject(DataSource) private readonly dataSource: DataSource) {}

  async onModuleDestroy(): Promise<void> {
    await this.dataSource.destroy();
  }
}
