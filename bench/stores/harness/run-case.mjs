import { startNodeProcess } from './node-process.mjs';
import { TooLateError } from './wait.mjs';

/** For everything but what a scenario waits for by itself. */
const LIMIT_MS = 600_000;

/**
 * Measures one scenario with one subject, on an empty space of its own and in processes of its own. Whatever goes wrong
 * is a result too: `{ failure: 'why' }`. Nothing stays behind, also when the signal ends it.
 */
export async function runCase({ subject, server, runtime, scenario, name, signal, patience = 1, limitMs = LIMIT_MS }) {
  const nodes = [];
  let space;
  let connection;
  let timer;
  let onAbort;
  const bench = {
    subject,
    get space() {
      return space;
    },
    server,
    patience,
    /** Starts one more process and lets it connect. */
    async join(settings = {}) {
      const node = startNodeProcess(subject, runtime);
      nodes.push(node);
      await node.call('open', { space, settings: { profile: 'default', store: subject.store, ...settings } });
      return node;
    },
    async leave(node) {
      await within(node.call('close'), 10_000);
      node.kill();
      nodes.splice(nodes.indexOf(node), 1);
    },
    async unfinished() {
      connection ??= await server.connect(space);
      return subject.unfinished(connection, space);
    },
  };

  try {
    space = await server.createSpace(name);
    const limit = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not done after ${limitMs / 1000} s`)), limitMs);
      onAbort = () => reject(new Error('interrupted'));
      signal.addEventListener('abort', onAbort);
    });
    const result = await Promise.race([scenario(bench), limit]);
    const durability = await nodes.at(-1)?.call('durability');
    for (const node of nodes.toReversed()) await bench.leave(node);
    return { ...result, durability, rows: await server.countRows(space) };
  } catch (error) {
    const complaints = nodes.map((node) => node.complaints).join('');
    return {
      isTooLate: error instanceof TooLateError,
      failure: error.message.split('\n')[0],
      complaints: `${error.stack}\n${complaints}`,
    };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    for (const node of nodes) node.kill();
    await connection?.end();
    if (space) await server.dropSpace(space);
  }
}

/** A peer that does not end is not waited for. */
function within(promise, ms) {
  let timer;
  const limit = new Promise((resolve) => (timer = setTimeout(resolve, ms)));
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}
