import { Injectable, Logger } from '@nestjs/common';
import { at, type Job, SchedulerService, Task, taskOf } from 'nestjs-advanced-scheduler';

@Injectable()
export class Reminders {
  readonly #logger = new Logger('Reminders');
  readonly #scheduler: SchedulerService;

  constructor(scheduler: SchedulerService) {
    this.#scheduler = scheduler;
  }

  /** The store keeps the name `send-reminder` and the arguments as JSON, never code. */
  @Task('send-reminder')
  send(to: string, text: string): void {
    this.#logger.log(`Dear ${to}: ${text}`);
  }

  /** A second reminder for the same person replaces the first. */
  remind(to: string, text: string, when: Date): Promise<Job> {
    return this.#scheduler.addJob({
      id: `reminder-${to}`,
      task: taskOf(Reminders, 'send'),
      args: [to, text],
      trigger: at(when),
      onConflict: 'replace',
    });
  }
}
