import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { SchedulerService } from 'nestjs-advanced-scheduler';
import { AppModule } from './app.module.js';
import { Newsletter } from './newsletter.js';

async function main(): Promise<void> {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['fatal', 'error', 'warn'] });

  // Without this, Ctrl-C and SIGTERM end the process in the middle of a mail. With it, the mail that is being sent is
  // sent, those that are not due yet are left, and then the process ends.
  app.enableShutdownHooks();

  const scheduler = app.get(SchedulerService);
  await app.get(Newsletter).schedule(['ada', 'grace', 'edsger', 'barbara', 'donald', 'frances']);

  // A started scheduler keeps the process alive. So a script waits until nothing is left to do, and closes.
  await scheduler.untilIdle();
  if (scheduler.state !== 'running') return; // A signal came first: Nest closes the application already.
  const { runs: failed } = await scheduler.getRuns({ state: 'failed' });
  console.log(failed.length === 0 ? 'All done.' : `${failed.length} failed.`);
  await app.close();
  process.exitCode = failed.length === 0 ? 0 : 1;
}

void main();
