import { startIntervals } from '../harness/start-intervals.mjs';

export const phases = ['aligned', 'random'];
export const packages = [];

export function start({ jobs, phases: at, fire }) {
  return startIntervals(jobs, at, (job) => setInterval(() => fire(job), 1000));
}
