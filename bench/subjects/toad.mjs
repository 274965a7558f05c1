import { SimpleIntervalJob, Task, ToadScheduler } from 'toad-scheduler';
import { startIntervals } from '../harness/start-intervals.mjs';

export const phases = ['aligned', 'random'];
export const packages = ['toad-scheduler'];

export function start({ jobs, phases: at, fire }) {
  const scheduler = new ToadScheduler();
  return startIntervals(jobs, at, (job) => {
    const task = new Task(`task-${job}`, () => fire(job));
    scheduler.addSimpleIntervalJob(new SimpleIntervalJob({ seconds: 1 }, task, { id: `job-${job}` }));
  });
}
