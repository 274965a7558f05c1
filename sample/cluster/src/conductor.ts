import { setTimeout as pause } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SchedulerModule, SchedulerService } from 'nestjs-advanced-scheduler';
import { Audit } from './audit.js';
import { sharedStore } from './store.js';
import { Workers } from './workers.js';

const SECOND = 1_000;
const SECONDS = Number(process.env.SECONDS ?? 20);
/** Until the last retries are through. */
const LONGEST_END_MS = 60_000;

/** Adds and inspects jobs, and runs none. */
@Module({ imports: [SchedulerModule.forRoot({ autoStart: false, store: sharedStore() })] })
class OnlookerModule {}

/** Starts three processes, of which one dies now and then, and looks at the end whether anything is missing. */
export async function conduct(): Promise<void> {
  const app = await NestFactory.createApplicationContext(OnlookerModule, { logger: ['fatal', 'error', 'warn'] });
  const scheduler = app.get(SchedulerService);
  const workers = new Workers();
  await Promise.all([workers.start('ada'), workers.start('grace'), workers.start('edsger', { DIES: 'true' })]);
  const nodes = await scheduler.nodes({ store: 'default' });
  console.log(
    `Up: ${nodes
      .filter(({ state }) => state === 'alive')
      .map(({ name }) => name)
      .sort()
      .join(', ')}`,
  );

  const from = Math.ceil(Date.now() / SECOND) * SECOND + SECOND;
  await pause(from + SECONDS * SECOND - Date.now());
  workers.calm();
  const audit = await untilOver(scheduler, from, from + (SECONDS - 1) * SECOND);
  await workers.stop();
  audit.print(workers.deaths);
  await app.close();
  process.exitCode = audit.isComplete ? 0 : 1;
}

async function untilOver(scheduler: SchedulerService, from: number, to: number): Promise<Audit> {
  const latest = Date.now() + LONGEST_END_MS;
  for (;;) {
    const audit = await Audit.of(scheduler, from, to);
    if (audit.isOver || Date.now() > latest) return audit;
    await pause(200);
  }
}
