import { Cron } from 'croner';
import { costOf } from '../harness/cost.mjs';

/** A pattern names full seconds: there is no other phase. */
export const phases = ['aligned'];
export const packages = ['croner'];

export function start({ jobs, fire }) {
  const started = [];
  return costOf(() => {
    for (let job = 0; job < jobs; job++) started.push(new Cron('* * * * * *', () => fire(job)));
  });
}
