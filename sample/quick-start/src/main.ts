import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

async function bootstrap(): Promise<void> {
  // At Nest's default level, `debug`, the scheduler writes two lines for every fire.
  const app = await NestFactory.create(AppModule, { logger: ['fatal', 'error', 'warn', 'log'] });

  // Without this, SIGTERM and Ctrl-C end the process in the middle of its runs, and the next start can only record
  // them as lost. With it, the scheduler starts nothing more, lets running handlers end and writes their outcome down.
  app.enableShutdownHooks();

  await app.listen(process.env.PORT ?? 3000);
  new Logger('QuickStart').log(`Listening on ${await app.getUrl()}`);
}

void bootstrap();
