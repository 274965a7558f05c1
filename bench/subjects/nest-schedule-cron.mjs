import { CronJob } from 'cron';
import { costOf } from '../harness/cost.mjs';
import { openRegistry } from '../harness/nest-schedule-app.mjs';

/** A pattern names full seconds: there is no other phase. */
export const phases = ['aligned'];
export const packages = ['@nestjs/schedule', 'cron'];

export async function start({ jobs, fire }) {
  const registry = await openRegistry();
  return costOf(() => {
    for (let job = 0; job < jobs; job++) {
      const cronJob = CronJob.from({ cronTime: '* * * * * *', onTick: () => fire(job), start: true });
      registry.addCronJob(`job-${job}`, cronJob);
    }
  });
}
