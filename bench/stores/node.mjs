// The process that carries a subject. It answers calls that come over the IPC channel, and tells how often it has fired.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { costOf, usedBytes } from '../harness/cost.mjs';
import { createFireLog } from './harness/fire-log.mjs';

const { open } = await import(pathToFileURL(resolve(import.meta.dirname, process.argv[2])).href);
const log = createFireLog((fired) => process.send({ fired }));
let subject;

const METHODS = {
  async open({ space, settings }) {
    subject = await open({ space, settings, fire: (index, dueAt) => log.fire(index, dueAt) });
  },
  addMany: ({ jobs }) => costOf(() => subject.addMany(jobs)),
  async addEach({ jobs }) {
    return costOf(async () => {
      for (const job of jobs) await subject.addEach(job);
    });
  },
  addRecurring: ({ jobs }) => costOf(() => subject.addRecurring(jobs)),
  /** Answers the instant of the call. */
  async cancelRun({ job }) {
    const run = await subject.runOf(job);
    const at = log.now();
    await subject.cancelRun(run);
    return at;
  },
  async start() {
    log.adjustClock();
    await subject.start();
  },
  fires: () => log.read(),
  forgetFires: () => log.clear(),
  durability: () => subject.durability?.() ?? null,
  queries: () => subject.queries?.() ?? null,
  cpu: () => ({ cpu: process.cpuUsage(), at: performance.now() }),
  heap: () => usedBytes(),
  async close() {
    await subject?.close();
  },
};

process.on('message', (message) => void answer(message));
process.on('disconnect', () => process.exit(0));

async function answer({ id, method, params }) {
  try {
    process.send({ id, result: (await METHODS[method](params)) ?? null });
  } catch (error) {
    process.send({ id, error: String(error?.message || error?.code || error) });
  }
}
