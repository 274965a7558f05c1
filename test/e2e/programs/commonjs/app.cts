import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  at,
  currentRun,
  Interval,
  JobNotFoundError,
  SchedulerModule,
  SchedulerService,
  Task,
  taskOf,
} from 'nestjs-advanced-scheduler';
import { TypeOrmJobStore } from 'nestjs-advanced-scheduler/typeorm';

const [config] = process.argv.slice(2) as [string];
const { store } = JSON.parse(config) as { store: { type: 'better-sqlite3'; database: string } };

function tell(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

@Injectable()
class Greetings {
  // Nest finds what to inject by the metadata that the compiler has written.
  constructor(private readonly scheduler: SchedulerService) {}

  @Interval(50, { id: 'tick', maxRuns: 1 })
  tick(): void {
    tell({ ran: currentRun().jobId });
  }

  @Task()
  greet(name: string): string {
    tell({ ran: currentRun().jobId });
    return `Hello, ${name}`;
  }

  async plan(): Promise<void> {
    await this.scheduler.addJob({
      id: 'greeting',
      task: taskOf(Greetings, 'greet'),
      args: ['Ada'],
      trigger: at(new Date()),
    });
  }
}

@Module({
  imports: [SchedulerModule.forRoot({ store: new TypeOrmJobStore(store) })],
  providers: [Greetings],
})
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });
  const scheduler = app.get(SchedulerService);
  await app.get(Greetings).plan();
  await scheduler.untilIdle();
  const { runs } = await scheduler.getRuns();
  tell({ runs: runs.map(({ jobId, state, result }) => ({ jobId, state, result })) });

  const imported = await import('nestjs-advanced-scheduler');
  const error: unknown = await scheduler.pauseJob('nobody').catch((reason: unknown) => reason);
  tell({
    isOneCopy: imported.SchedulerService === SchedulerService,
    knowsErrors: error instanceof JobNotFoundError && error instanceof imported.JobNotFoundError,
  });
  await app.close();
}

void main();
