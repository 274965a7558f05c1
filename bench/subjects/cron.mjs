import { CronJob } from 'cron';
import { costOf } from '../harness/cost.mjs';

/** A pattern names full seconds: there is no other phase. */
export const phases = ['aligned'];
export const packages = ['cron'];

export function start({ jobs, fire }) {
  const started = [];
  return costOf(() => {
    for (let job = 0; job < jobs; job++) {
      started.push(CronJob.from({ cronTime: '* * * * * *', onTick: () => fire(job), start: true }));
    }
  });
}
