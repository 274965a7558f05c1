// `npm run soak` keeps a store under load and looks whether anything grows that should not; `-- --help` says how.
import { parseArgs } from 'node:util';
import { prepare } from '../prepare.mjs';
import { short, table, whole } from '../report/table.mjs';
import { nextSecond } from '../harness/cost.mjs';
import { phasesOf } from '../harness/phases.mjs';
import { runCase } from './harness/run-case.mjs';
import { findRuntimes } from './harness/runtimes.mjs';
import { sleepUntil } from './harness/wait.mjs';
import { slopePerHour } from './report/slope.mjs';
import { openServers } from './servers/index.mjs';
import { SUBJECTS } from './subjects/index.mjs';

const MIB = 2 ** 20;
/** Of the time, at the start: code is still being compiled and caches are still filling. */
const WARM_UP_SHARE = 0.3;
const SAMPLES = 40;
/** By so little a heap moves whatever happens: in a short run that would be a steep slope. */
const NOISE_MIB = 1;
/** So few runs of a job are kept that the history is full, and stays so, long before the end. */
const RUNS_KEPT = 20;
const OURS = Object.keys(SUBJECTS).filter((name) => SUBJECTS[name].isOurs);
const HELP = `npm run soak -- [options]
  --store postgres             of: ${OURS.map((name) => SUBJECTS[name].server).join(', ')}
  --minutes 10
  --jobs 200                   jobs that fire every second
  --processes 2                on one store
  --max-slope 10               MiB an hour by which the heap may seem to grow
  --skip-build                 take our build and the installed packages as they are`;

const { values: options } = parseArgs({
  options: {
    store: { type: 'string', default: 'postgres' },
    minutes: { type: 'string', default: '10' },
    jobs: { type: 'string', default: '200' },
    processes: { type: 'string', default: '2' },
    'max-slope': { type: 'string', default: '10' },
    'skip-build': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}
const subject = SUBJECTS[`ours-${options.store}`];
if (!subject?.isOurs) throw new Error(`There is no store "${options.store}".\n${HELP}`);
if (!options['skip-build']) prepare();

const minutes = Number(options.minutes);
const { [subject.server]: found } = await openServers([subject.server]);
if (found.missing) throw new Error(found.missing);
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => interrupt.abort());

const result = await runCase({
  subject,
  server: found.server,
  runtime: findRuntimes(['node']).node,
  scenario: soak,
  name: `scheduler_soak_${process.pid}`,
  signal: interrupt.signal,
  limitMs: minutes * 60_000 + 120_000,
});
await found.server.close();
if (result.failure) throw new Error(result.complaints);
report(result);

async function soak({ space, server, join, leave }) {
  const count = Number(options.jobs);
  const anchor = nextSecond(Date.now() + 3000);
  const producer = await join();
  const jobs = Array.from(phasesOf('random', count), (phase, index) => ({ index, firstAt: anchor + phase }));
  await producer.call('addRecurring', { jobs });
  await leave(producer);

  const historyRetention = { maxRunsPerJob: RUNS_KEPT };
  const nodes = await Promise.all(Array.from({ length: Number(options.processes) }, () => join({ historyRetention })));
  await Promise.all(nodes.map((node) => node.call('start')));

  const samples = [];
  const from = Date.now();
  const everyMs = (minutes * 60_000) / SAMPLES;
  let fires = 0;
  for (let i = 1; i <= SAMPLES; i++) {
    await sleepUntil(from + i * everyMs);
    // What the nodes have put down about their fires would itself be the heap that grows.
    for (const node of nodes) fires += await node.call('forgetFires');
    const heaps = await Promise.all(nodes.map((node) => node.call('heap')));
    const rows = await server.countRows(space);
    samples.push({
      at: Date.now(),
      minute: (Date.now() - from) / 60_000,
      fires,
      heaps,
      history: rows.scheduler_run ?? 0,
      deadTuples: (await server.countDeadTuples?.(space)) ?? null,
      connections: (await server.countConnections?.(space)) ?? null,
    });
  }
  return { samples };
}

function report({ samples, rows }) {
  const columns = [
    { title: 'minute', cell: ({ minute }) => short(minute) },
    { title: 'fires', cell: ({ fires }) => whole(fires) },
    { title: 'heap MiB, by process', cell: ({ heaps }) => heaps.map((bytes) => (bytes / MIB).toFixed(2)).join(', ') },
    { title: 'history rows', cell: ({ history }) => whole(history) },
    { title: 'dead tuples', cell: ({ deadTuples }) => whole(deadTuples) },
    { title: 'connections', cell: ({ connections }) => whole(connections) },
  ];
  console.log(table(columns, samples));
  const settled = samples.slice(Math.floor(samples.length * WARM_UP_SHARE));
  const slopes = settled[0].heaps.map(
    (_, node) => slopePerHour(settled.map(({ at, heaps }) => [at, heaps[node]])) / MIB,
  );
  const hours = (settled.at(-1).at - settled[0].at) / 3_600_000;
  const isRising = (slope) => slope > Number(options['max-slope']) && slope * hours > NOISE_MIB;
  console.log(`\nrows read back: ${JSON.stringify(rows)}`);
  console.log(`heap slope, MiB an hour: ${slopes.map(short).join(', ')} (at most ${options['max-slope']})`);
  if (slopes.some(isRising)) {
    console.log('The heap is rising.');
    process.exitCode = 1;
  }
}
