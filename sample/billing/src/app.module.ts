import { Module } from '@nestjs/common';
import { InProcessExecutor, SchedulerModule } from 'nestjs-advanced-scheduler';
import { TypeOrmJobStore } from 'nestjs-advanced-scheduler/typeorm';
import { Billing } from './billing.js';
import { Crash } from './crash.js';
import { database, DatabaseCloser, dataSourceProvider } from './database.js';
import { Outbox } from './outbox.js';

@Module({
  imports: [
    SchedulerModule.forRoot({
      // Connections of the store's own beside those of the application, to the same database.
      store: new TypeOrmJobStore(database),
      // TypeORM has a single connection to SQLite, on which the transactions of two handlers would become one: one handler
      // at a time. On a server each transaction has a connection of its own.
      executors: { default: new InProcessExecutor({ concurrency: database.type === 'better-sqlite3' ? 1 : 100 }) },
    }),
  ],
  providers: [dataSourceProvider, DatabaseCloser, Billing, Crash, Outbox],
})
export class AppModule {}
