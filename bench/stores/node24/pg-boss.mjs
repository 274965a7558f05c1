import { PgBoss } from 'pg-boss';

const QUEUE = 'tick';
const PROFILES = {
  default: {},
  /** The shortest interval that it accepts; a full batch is followed by the next one at once. */
  throughput: { batchSize: 500, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true },
};

export async function open({ space, settings, fire }) {
  const boss = new PgBoss({ connectionString: space.url });
  boss.on('error', (error) => console.error(error.message));
  await boss.start();
  await boss.createQueue(QUEUE);

  const spec = ({ index, dueAt }) => ({ data: { index, dueAt }, startAfter: new Date(dueAt) });
  return {
    addMany: (jobs) => boss.insert(QUEUE, jobs.map(spec)),
    addEach(job) {
      const { data, startAfter } = spec(job);
      return boss.send(QUEUE, data, { startAfter });
    },
    async start() {
      await boss.work(QUEUE, PROFILES[settings.profile], async (jobs) => {
        for (const { data } of jobs) fire(data.index, data.dueAt);
      });
    },
    close: () => boss.stop({ graceful: true, timeout: 5000 }),
  };
}
