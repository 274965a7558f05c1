import { Redis } from 'ioredis';

const URL_GIVEN = process.env.TEST_REDIS_URL ?? 'redis://127.0.0.1:6379';
const CARDINALITY = { list: 'llen', zset: 'zcard', set: 'scard', stream: 'xlen' };

/** Each case has a key prefix of its own. */
export async function openRedis() {
  const redis = new Redis(URL_GIVEN, { lazyConnect: true, maxRetriesPerRequest: 1, retryStrategy: () => null });
  redis.on('error', () => {});
  await redis.connect();
  const config = async (name) => (await redis.config('GET', name))[1] ?? 'unknown';
  const info = async (section, key) => new RegExp(`^${key}:(.*?)\\r?$`, 'm').exec(await redis.info(section))?.[1];

  return {
    label: 'Redis',
    describe: async () => ({
      version: await info('server', 'redis_version'),
      settings: { appendonly: await config('appendonly'), appendfsync: await config('appendfsync') },
    }),
    async createSpace(name) {
      const space = { name, url: URL_GIVEN, prefix: name };
      await remove(space);
      return space;
    },
    dropSpace: remove,
    /** What lists, sets and streams hold, and how many hashes there are. */
    async countRows(space) {
      const counts = {};
      for await (const keys of pages(space)) {
        const types = await redis.pipeline(keys.map((key) => ['type', key])).exec();
        for (const [index, [, type]] of types.entries()) {
          const isHash = type === 'hash' || type === 'string';
          const name = isHash ? type : keys[index].split(':').at(-1);
          counts[name] = (counts[name] ?? 0) + (isHash ? 1 : await redis[CARDINALITY[type]](keys[index]));
        }
      }
      return counts;
    },
    /** Of all clients together. */
    countQueries: async () => Number(await info('stats', 'total_commands_processed')),
    connect: async () => ({ redis, end: () => {} }),
    close: () => redis.quit(),
  };

  async function remove(space) {
    for await (const keys of pages(space)) if (keys.length > 0) await redis.unlink(...keys);
  }

  function pages({ prefix }) {
    return redis.scanStream({ match: `${prefix}:*`, count: 1000 });
  }
}
