import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { at, Interval, SchedulerService, Task, taskOf } from 'nestjs-advanced-scheduler';

/** The mail server takes one mail in this time, in milliseconds. */
const PACE_MS = 400;

@Injectable()
export class Newsletter {
  readonly #scheduler: SchedulerService;
  #sent = 0;

  constructor(scheduler: SchedulerService) {
    this.#scheduler = scheduler;
  }

  /** One job for each subscriber, all stored in one go. Each is removed as soon as its mail is out. */
  async schedule(subscribers: readonly string[]): Promise<void> {
    const start = Date.now();
    await this.#scheduler.addJobs(
      subscribers.map((subscriber, index) => ({
        id: `mail-${subscriber}`,
        task: taskOf(Newsletter, 'send'),
        args: [subscriber] as const,
        trigger: at(new Date(start + index * PACE_MS)),
      })),
    );
    console.log(`${subscribers.length} mails are scheduled.`);
  }

  @Task()
  async send(subscriber: string): Promise<void> {
    await pause(100);
    this.#sent++;
    console.log(`Mail to ${subscriber}: sent.`);
  }

  /** `maxRuns` lets the job come to an end, and with it the script. */
  @Interval({ seconds: 1 }, { id: 'progress', maxRuns: 2 })
  report(): void {
    console.log(`${this.#sent} mails are out.`);
  }
}
