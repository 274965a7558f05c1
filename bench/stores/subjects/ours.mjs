import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { InProcessExecutor, SchedulerModule, SchedulerService, at, currentRun, interval } from 'nestjs-advanced-scheduler'; // prettier-ignore
import { TypeOrmJobStore } from 'nestjs-advanced-scheduler/typeorm';
import { countMysqlQueries, countSqliteQueries } from '../harness/count-queries.mjs';
import { sleep } from '../harness/wait.mjs';

const EXECUTORS = {
  default: () => undefined,
  throughput: () => ({ default: new InProcessExecutor({ concurrency: 500 }) }),
  /** One that is full all the time beside one with its defaults. */
  busy: () => ({ default: new InProcessExecutor(), busy: new InProcessExecutor({ concurrency: 10 }) }),
};

export async function open({ space, settings, fire }) {
  const { type } = settings.store;
  const statements = type === 'better-sqlite3' ? countSqliteQueries() : null;
  const queries = type === 'mysql' && settings.countsQueries ? countMysqlQueries() : statements?.read;
  let handle;
  const store = new TypeOrmJobStore({
    ...settings.store,
    ...(type === 'better-sqlite3'
      ? { database: space.database, prepareDatabase: (database) => void (handle = database) }
      : { url: space.url }),
    ...(statements && settings.countsQueries && { verbose: statements.verbose }),
  });

  class AppModule {}
  Module({
    imports: [
      SchedulerModule.forRoot({
        store,
        autoStart: false,
        executors: EXECUTORS[settings.profile](),
        historyRetention: settings.historyRetention,
      }),
    ],
  })(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  const scheduler = app.get(SchedulerService);
  scheduler.registerTask('tick', (index) => fire(index, currentRun().scheduledTime.getTime()));
  scheduler.registerTask('pause', (index) => {
    fire(index, currentRun().scheduledTime.getTime());
    return sleep(20);
  });
  scheduler.registerTask('wait', () => sleep(1000));
  scheduler.registerTask('hold', (index) => untilCancelled(() => fire(index, null)));

  return {
    addMany: (jobs) => scheduler.addJobs(jobs.map(oneShot)),
    addEach: (job) => scheduler.addJob(oneShot(job)),
    addRecurring: (jobs) =>
      scheduler.addJobs(
        jobs.map(({ index, firstAt }) => ({
          id: `job-${index}`,
          task: 'tick',
          args: [index],
          trigger: interval({ seconds: 1 }, { startAt: new Date(firstAt) }),
        })),
      ),
    runOf: async ({ index }) => (await scheduler.getRuns({ jobId: `job-${index}` })).runs[0],
    cancelRun: ({ runId }) => scheduler.cancelRun(runId),
    start: () => scheduler.start(),
    durability() {
      if (!handle) return null;
      const read = (name) => handle.pragma(name, { simple: true });
      return {
        journal_mode: read('journal_mode'),
        synchronous: ['OFF', 'NORMAL', 'FULL', 'EXTRA'][read('synchronous')],
      };
    },
    queries: queries && (() => queries()),
    close: () => app.close(),
  };
}

/** Calls `note` when it begins, and again when it is told to end. */
function untilCancelled(note) {
  const { signal } = currentRun();
  note();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      note();
      resolve();
    });
  });
}

function oneShot({ index, dueAt, task = 'tick', executor = 'default' }) {
  const isKnown = task !== 'unknown';
  return {
    id: `job-${index}`,
    task,
    args: [index],
    executor,
    trigger: at(new Date(dueAt)),
    ...(isKnown ? {} : { allowUnknownTask: true }),
  };
}
