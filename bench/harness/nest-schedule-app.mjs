import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';

class AppModule {}
Module({ imports: [ScheduleModule.forRoot()] })(AppModule);

/** The registry of a running application: jobs added to it are what `@Cron` and `@Interval` add at the start. */
export async function openRegistry() {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  return app.get(SchedulerRegistry);
}
