import { Queue, Worker, createPostgresBackend, runMigrations } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';

const QUEUE = 'bench';
/** Delayed jobs are made ready by whoever asks for the next one, so more hands than cores help. */
const CONCURRENCY = { default: undefined, throughput: 100 };
/** What has ended is deleted at once: its fastest way. */
const KEEP_NOTHING = { removeOnComplete: true, removeOnFail: true };

export async function open({ space, settings, fire }) {
  const { options, backend, close } = space.prefix ? onRedis(space) : await onPostgres(space);
  const queue = new Queue(QUEUE, options, backend);
  await queue.waitUntilReady();
  let worker;

  const template = ({ index, dueAt }) => {
    const timestamp = Date.now();
    return {
      name: 'tick',
      data: { index, dueAt },
      opts: { ...KEEP_NOTHING, timestamp, delay: Math.max(dueAt - timestamp, 0) },
    };
  };

  return {
    addMany: (jobs) => queue.addBulk(jobs.map(template)),
    addEach(job) {
      const { name, data, opts } = template(job);
      return queue.add(name, data, opts);
    },
    addRecurring: (jobs) =>
      inParallel(jobs, ({ index, firstAt }) =>
        queue.upsertJobScheduler(
          `job-${index}`,
          { every: 1000, offset: firstAt % 1000 },
          { name: 'tick', data: { index }, opts: KEEP_NOTHING },
        ),
      ),
    async start() {
      const concurrency = CONCURRENCY[settings.profile];
      const handle = async (job) => fire(job.data.index, job.data.dueAt ?? slotOf(job));
      worker = new Worker(QUEUE, handle, { ...options, ...(concurrency && { concurrency }) }, backend);
      worker.on('error', (error) => console.error(error.message));
      await worker.waitUntilReady();
    },
    async close() {
      await worker?.close();
      await queue.close();
      await close();
    },
  };
}

/** When a recurring job was to be ready. `job.delay` is not it any more: it is taken back as soon as it is. */
function slotOf({ timestamp, opts }) {
  return timestamp + opts.delay;
}

function onRedis({ url, prefix }) {
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  return { options: { connection, prefix }, backend: undefined, close: () => connection.quit() };
}

async function onPostgres({ url }) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await runMigrations(client);
  await client.end();
  return {
    options: { connection: { connectionString: url, max: 20 } },
    backend: createPostgresBackend,
    close: async () => {},
  };
}

/** It has no call for many schedulers. */
async function inParallel(items, work) {
  const rest = items.values();
  const hand = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: 20 }, hand));
}
