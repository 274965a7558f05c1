import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SchedulerModule, SchedulerService, interval } from 'nestjs-advanced-scheduler';
import { costOf, nextSecond } from '../harness/cost.mjs';

export const phases = ['aligned', 'random'];
export const packages = ['nestjs-advanced-scheduler'];

class AppModule {}
Module({ imports: [SchedulerModule.forRoot()] })(AppModule);

/** The memory store with its defaults: every run is recorded and its history kept. */
export async function start({ jobs, phases: at, fire }) {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  const scheduler = app.get(SchedulerService);
  scheduler.registerTask('tick', (job) => fire(job));

  return add(scheduler, inputsOf(at.subarray(0, jobs)));
}

/** Apart from the task, whose closure would keep the inputs alive. */
function add(scheduler, inputs) {
  return costOf(() => scheduler.addJobs(inputs));
}

function inputsOf(phases) {
  const anchor = nextSecond();
  return Array.from(phases, (phase, job) => ({
    id: `job-${job}`,
    task: 'tick',
    args: [job],
    trigger: interval({ seconds: 1 }, { startAt: new Date(anchor + phase) }),
  }));
}
