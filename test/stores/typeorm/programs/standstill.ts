import { SystemClock } from '../../../../lib/clock.js';
import { TypeOrmJobStore } from '../../../../lib/stores/typeorm/typeorm-job-store.js';
import { heed, tell } from './parent-process.js';

/** Stops itself in the middle of a transaction that has locked a job, when it is told to. */
const [options, id] = process.argv.slice(2) as [string, string];
const store = new TypeOrmJobStore(JSON.parse(options) as ConstructorParameters<typeof TypeOrmJobStore>[0]);
const context = { alias: 'default', clock: new SystemClock(), keepAlive: true, onChange: () => {} };
const session = await store.open(context);
tell({ ready: true });
await heed();
let attempts = 0;
const [changed] = await session.changeJobs([id], (job, now) => {
  attempts++;
  tell({ holds: job.name });
  if (attempts === 1) process.kill(process.pid, 'SIGSTOP');
  return { ...job, name: `${job.name}, then by the one that stood still`, gen: job.gen + 1, updatedAt: now };
});
tell({ changed: changed?.after.name, attempts });
await session.close();
tell({ done: true });
