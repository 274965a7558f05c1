import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Cron, currentRun, type DeclaredJobOptions } from 'nestjs-advanced-scheduler';

/** The fires of every second of which each has to be carried out, however often a process dies in it. */
const untiring: DeclaredJobOptions = {
  retry: { maxAttempts: 10, delay: 0 },
  maxInstances: 10,
  coalesce: 'all',
  misfireGraceTime: { seconds: 20 },
};

export const JOBS = ['mails', 'prices', 'orders'];

@Injectable()
export class Work {
  #runs = 0;
  #mayDie = process.env.DIES === 'true';

  constructor() {
    process.on('message', () => (this.#mayDie = false));
  }

  @Cron('* * * * * *', { id: 'mails', ...untiring })
  mails(): Promise<void> {
    return this.#work();
  }

  @Cron('* * * * * *', { id: 'prices', ...untiring })
  prices(): Promise<void> {
    return this.#work();
  }

  @Cron('* * * * * *', { id: 'orders', ...untiring })
  orders(): Promise<void> {
    return this.#work();
  }

  async #work(): Promise<void> {
    const { jobId, scheduledTime, attempt } = currentRun();
    this.#runs++;
    await pause(100);
    const what = `${jobId} of ${scheduledTime.toISOString().slice(11, 19)}`;
    if (this.#mayDie && this.#runs >= 4) {
      process.stdout.write(`dies in ${what}\n`);
      process.kill(process.pid, 'SIGKILL');
    }
    process.stdout.write(`ran ${what}${attempt > 1 ? `, attempt ${attempt}` : ''}\n`);
  }
}
