import { openRegistry } from '../harness/nest-schedule-app.mjs';
import { startIntervals } from '../harness/start-intervals.mjs';

export const phases = ['aligned', 'random'];
export const packages = ['@nestjs/schedule'];

export async function start({ jobs, phases: at, fire }) {
  const registry = await openRegistry();
  return startIntervals(jobs, at, (job) => {
    registry.addInterval(
      `job-${job}`,
      setInterval(() => fire(job), 1000),
    );
  });
}
