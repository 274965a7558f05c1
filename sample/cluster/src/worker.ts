import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { InProcessExecutor, SchedulerModule } from 'nestjs-advanced-scheduler';
import { sharedStore } from './store.js';
import { Work } from './work.js';

@Module({
  imports: [
    SchedulerModule.forRoot({
      nodeName: process.env.NODE_NAME,
      store: sharedStore(),
      // A process claims only what it has room for: with one handler at a time, three jobs need all three.
      executors: { default: new InProcessExecutor({ concurrency: 1 }) },
    }),
  ],
  providers: [Work],
})
class WorkerModule {}

/** One of the processes: the same application as the others. */
export async function work(): Promise<void> {
  const app = await NestFactory.createApplicationContext(WorkerModule, { logger: ['fatal', 'error'] });
  app.enableShutdownHooks();
  process.stdout.write('is up\n');
  process.send?.('up');
}
