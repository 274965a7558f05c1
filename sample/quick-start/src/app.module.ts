import { Module } from '@nestjs/common';
import { SchedulerModule } from 'nestjs-advanced-scheduler';
import { TypeOrmJobStore } from 'nestjs-advanced-scheduler/typeorm';
import { ExchangeRates } from './exchange-rates.js';
import { Housekeeping } from './housekeeping.js';
import { JobsController } from './jobs.controller.js';
import { Reminders } from './reminders.js';
import { RemindersController } from './reminders.controller.js';
import { Reports } from './reports.js';
import { RunLog } from './run-log.js';
import { RunsController } from './runs.controller.js';

@Module({
  imports: [
    SchedulerModule.forRoot({
      timeZone: 'Europe/Berlin',
      // Jobs and the history of their runs live in this file: what has been added, paused or missed outlives the process.
      store: new TypeOrmJobStore({ type: 'better-sqlite3', database: process.env.DATABASE ?? 'quick-start.sqlite' }),
    }),
  ],
  controllers: [JobsController, RemindersController, RunsController],
  providers: [ExchangeRates, Housekeeping, Reminders, Reports, RunLog],
})
export class AppModule {}
