import { makeWorkerUtils, run, runMigrations, Logger } from 'graphile-worker';

const TASK = 'tick';
const PROFILES = {
  default: {},
  /** As its page on performance advises for many fast jobs. It looks for what has become due by polling only. */
  throughput: {
    concurrentJobs: 100,
    maxPoolSize: 20,
    pollInterval: 100,
    localQueue: { size: 500 },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
  },
};
const silent = new Logger(() => () => {});

export async function open({ space, settings, fire }) {
  const worker = { connectionString: space.url, logger: silent, ...PROFILES[settings.profile] };
  await runMigrations({ preset: { worker } });
  const utils = await makeWorkerUtils({ preset: { worker } });
  let runner;

  const spec = ({ index, dueAt }) => ({ identifier: TASK, payload: { index, dueAt }, runAt: new Date(dueAt) });
  return {
    addMany: (jobs) => utils.addJobs(jobs.map(spec)),
    addEach(job) {
      const { identifier, payload, runAt } = spec(job);
      return utils.addJob(identifier, payload, { runAt });
    },
    async start() {
      runner = await run({
        preset: { worker: { ...worker } },
        noHandleSignals: true,
        taskList: { [TASK]: ({ index, dueAt }) => void fire(index, dueAt) },
      });
    },
    async close() {
      await runner?.stop();
      await utils.release();
    },
  };
}
