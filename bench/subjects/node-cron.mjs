import { schedule } from 'node-cron';
import { costOf } from '../harness/cost.mjs';

/** A pattern names full seconds: there is no other phase. */
export const phases = ['aligned'];
export const packages = ['node-cron'];

export function start({ jobs, fire }) {
  return costOf(() => {
    for (let job = 0; job < jobs; job++) schedule('* * * * * *', () => fire(job), { name: `job-${job}` });
  });
}
