// `npm run bench:history` measures what a long history costs, and writes RESULTS-history.md; `-- --help` says how to measure less.
import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { prepare } from '../prepare.mjs';
import { describeEnvironment } from '../report/environment.mjs';
import { short, table, whole } from '../report/table.mjs';
import { sleep } from './harness/wait.mjs';
import { openServers } from './servers/index.mjs';
import { SUBJECTS } from './subjects/index.mjs';

const DAY_MS = 86_400_000;
const BENCH = resolve(import.meta.dirname, '..');
const OURS = Object.values(SUBJECTS).filter(({ isOurs }) => isOurs);
const INSERTED_AT_ONCE = 1000;
const HELP = `npm run bench:history -- [options]
  --stores ${OURS.map(({ server }) => server).join(',')}
  --jobs 1000                  that have run
  --runs 1000                  of each of them, within seven days
  --calls 100                  of each question
  --live 100                   jobs that fire every second while the history is pruned
  --seconds 20                 with pruning, and as many without
  --out RESULTS-history.md     where the report goes, seen from bench/; '' prints it only
  --skip-build                 take our build and the installed packages as they are`;

const { values: options } = parseArgs({
  options: {
    stores: { type: 'string', default: OURS.map(({ server }) => server).join(',') },
    jobs: { type: 'string', default: '1000' },
    runs: { type: 'string', default: '1000' },
    calls: { type: 'string', default: '100' },
    live: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '20' },
    out: { type: 'string', default: 'RESULTS-history.md' },
    'skip-build': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}
const [jobs, runs, calls, live, seconds] = ['jobs', 'runs', 'calls', 'live', 'seconds'].map((name) =>
  Number(options[name]),
);
if (!options['skip-build']) prepare();
const { Module } = await import('@nestjs/common');
const { NestFactory } = await import('@nestjs/core');
const { at, currentRun, interval, SchedulerModule, SchedulerService, SystemClock } = await import('nestjs-advanced-scheduler'); // prettier-ignore
const { TypeOrmJobStore } = await import('nestjs-advanced-scheduler/typeorm');

const subjects = OURS.filter(({ server }) => options.stores.split(',').includes(server));
const servers = await openServers(subjects.map(({ server }) => server));
const results = [];
for (const subject of subjects) {
  const { server, missing } = servers[subject.server];
  if (missing) results.push({ subject, missing });
  else results.push(await measure(subject, server));
  console.log(lineOf(results.at(-1)));
}
for (const { server } of Object.values(servers)) await server?.close();

const packages = [...new Set(subjects.flatMap((subject) => subject.packages))];
const report = render(describeEnvironment(packages), results);
console.log(report);
if (options.out) writeFileSync(resolve(BENCH, options.out), report);

async function measure(subject, server) {
  const space = await server.createSpace(`scheduler_history_${process.pid}`);
  const store = new TypeOrmJobStore({
    ...subject.store,
    ...(subject.server === 'sqlite' ? { database: space.database } : { url: space.url }),
  });
  const lateness = [];
  class AppModule {}
  Module({
    imports: [SchedulerModule.forRoot({ store, autoStart: false, historyRetention: { maxRunsPerJob: runs * 2 } })],
  })(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  const scheduler = app.get(SchedulerService);
  scheduler.registerTask('tick', () => void lateness.push(Date.now() - currentRun().scheduledTime.getTime()));
  const far = at('2099-01-01T00:00:00Z');
  await scheduler.addJobs(
    Array.from({ length: jobs }, (_, i) => ({ id: `job-${i}`, task: 'tick', trigger: far, tags: [`t${i % 10}`] })),
  );
  const filledMs = await timed(() => fill(server, space, subject.server));
  await server.settle?.(space);

  const session = await store.open({ alias: 'history', clock: new SystemClock(), keepAlive: true, onChange() {} });
  const keepAll = { maxAge: 30 * DAY_MS, maxRunsPerJob: runs * 2, maxRuns: null };
  const addedUpMs = await timed(() => session.pruneRuns(keepAll, 500));
  await server.settle?.(space);

  const hour = 3_600_000;
  const now = Date.now();
  const { nextCursor } = await scheduler.getRuns({ limit: 100 });
  const { runs: some } = await scheduler.getRuns({ jobId: 'job-7', limit: 1 });
  const questions = {
    'getRuns()': () => scheduler.getRuns(),
    'getRuns({ cursor })': () => scheduler.getRuns({ cursor: nextCursor }),
    'getRuns({ jobId })': () => scheduler.getRuns({ jobId: 'job-7' }),
    "getRuns({ jobId, state: 'failed' })": () => scheduler.getRuns({ jobId: 'job-7', state: 'failed' }),
    "getRuns({ state: 'failed' })": () => scheduler.getRuns({ state: 'failed' }),
    "getRuns({ state: 'lost' }), there is none": () => scheduler.getRuns({ state: 'lost' }),
    "getRuns({ state: ['failed', 'missed'] })": () => scheduler.getRuns({ state: ['failed', 'missed'] }),
    "getRuns({ state: ['succeeded', 'failed'] })": () => scheduler.getRuns({ state: ['succeeded', 'failed'] }),
    "getRuns({ state: ['queued', 'running'] })": () => scheduler.getRuns({ state: ['queued', 'running'] }),
    'getRuns({ to }), six days ago': () => scheduler.getRuns({ to: new Date(now - 6 * DAY_MS) }),
    "getRuns({ state: 'failed', to }), six days ago": () =>
      scheduler.getRuns({ state: 'failed', to: new Date(now - 6 * DAY_MS) }),
    "getRuns({ tags: ['t7'] })": () => scheduler.getRuns({ tags: ['t7'] }),
    "getRuns({ tags: ['t7'], to }), six days ago": () =>
      scheduler.getRuns({ tags: ['t7'], to: new Date(now - 6 * DAY_MS) }),
    "getRuns({ tags: ['t9'], state: 'failed' })": () => scheduler.getRuns({ tags: ['t9'], state: 'failed' }),
    'getRuns({ from }), the last hour': () => scheduler.getRuns({ from: new Date(now - hour) }),
    'getRuns({ from, to }), an hour three days ago': () =>
      scheduler.getRuns({ from: new Date(now - 3 * DAY_MS), to: new Date(now - 3 * DAY_MS + hour) }),
    'getRun(id)': () => scheduler.getRun(some[0].runId),
    'stats(), 24 hours': () => scheduler.stats(),
    'stats({ from }), seven days': () => scheduler.stats({ from: new Date(now - 7 * DAY_MS) }),
    'stats({ jobId }), seven days': () => scheduler.stats({ from: new Date(now - 7 * DAY_MS), jobId: 'job-7' }),
  };
  const answers = {};
  for (const [question, ask] of Object.entries(questions)) {
    await ask();
    const times = [];
    for (let i = 0; i < calls; i++) times.push(await timed(ask));
    answers[question] = percentiles(times);
  }

  await scheduler.addJobs(
    Array.from({ length: live }, (_, i) => ({ id: `live-${i}`, task: 'tick', trigger: interval({ seconds: 1 }) })),
  );
  await scheduler.start();
  await sleep(3000);
  lateness.length = 0;
  await sleep(seconds * 1000);
  const calm = { fires: lateness.length, ...percentiles(lateness) };
  lateness.length = 0;
  const pruned = await pruneFor(session, seconds * 1000);
  const pruning = { fires: lateness.length, ...percentiles(lateness), pruned };
  await session.close();
  await app.close();
  const rows = await server.countRows(space);
  await server.dropSpace(space);
  return {
    subject,
    label: server.label,
    environment: await server.describe(),
    rows,
    filledMs,
    addedUpMs,
    answers,
    calm,
    pruning,
  };
}

/** As a process does it, but without its pauses: what a shorter retention leaves to be deleted. */
async function pruneFor(session, ms) {
  const end = Date.now() + ms;
  let pruned = 0;
  while (Date.now() < end) {
    const deleted = await session.pruneRuns(
      { maxAge: 30 * DAY_MS, maxRunsPerJob: Math.ceil(runs / 100), maxRuns: null },
      Math.ceil(session.maxBatch / 2),
    );
    pruned += deleted;
    await setImmediate();
    if (deleted === 0) await sleep(100);
  }
  return pruned;
}

/** Runs of all jobs by turns, spread over seven days until now, most of which have succeeded. */
async function fill(server, space, type) {
  const connection = await server.connect(space);
  const total = jobs * runs;
  const start = Date.now() - 7 * DAY_MS;
  const columns =
    'seq, run_id, job_id, task, tags, gen, scheduled_at, available_at, state, fence, attempt, max_attempts, origin, started_at, finished_at, node';
  for (let from = 0; from < total; from += INSERTED_AT_ONCE) {
    const rows = [];
    const tags = [];
    for (let n = from; n < Math.min(from + INSERTED_AT_ONCE, total); n++) {
      const slot = start + Math.floor((n / total) * (7 * DAY_MS - 10_000));
      const job = `job-${n % jobs}`;
      const startedAt = slot + (n % 21);
      const finishedAt = startedAt + 1 + ((n * 7919) % 500);
      const state = n % 100 === 99 ? 3 : 2;
      rows.push(
        `(${n + 1},'${job}@${new Date(slot).toISOString()}#${n}','${job}','tick','["t${n % 10}"]',1,${slot},${slot},${state},1,1,1,0,${startedAt},${finishedAt},'node')`,
      );
      tags.push(`('t${n % 10}',${slot},${n + 1})`);
    }
    const numbered = type === 'postgres' ? 'OVERRIDING SYSTEM VALUE' : '';
    const end = type === 'sqlite' ? ' RETURNING seq' : '';
    await connection.query(`INSERT INTO scheduler_run (${columns}) ${numbered} VALUES ${rows.join(',')}${end}`);
    await connection.query(`INSERT INTO scheduler_run_tag (tag, scheduled_at, seq) VALUES ${tags.join(',')}${end}`);
  }
  // The numbers that the rows came with are taken.
  if (type === 'postgres')
    await connection.query(`ALTER TABLE scheduler_run ALTER COLUMN seq RESTART WITH ${total + 1}`);
  await connection.end();
}

async function timed(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function percentiles(times) {
  const sorted = times.toSorted((one, other) => one - other);
  const at = (share) => sorted[Math.max(Math.ceil(share * sorted.length) - 1, 0)];
  return { p50: at(0.5), p99: at(0.99), max: sorted.at(-1) };
}

function lineOf({ subject, missing, filledMs, addedUpMs }) {
  if (missing) return `${subject.label}: ${missing}`;
  return `${subject.label}: filled in ${short(filledMs / 1000)} s, added up in ${short(addedUpMs / 1000)} s`;
}

function render(environment, all) {
  const there = all.filter(({ missing }) => !missing);
  const both = ({ p50, p99 }) => `${short(p50)} / ${short(p99)}`;
  const questions = Object.keys(there[0]?.answers ?? {}).map((question) => ({ question }));
  const perStore = (cell) => there.map((result) => ({ title: result.label, cell: (row) => cell(result, row) }));
  const figures = [
    ['fires without pruning', ({ calm }) => whole(calm.fires)],
    ['their lateness, p50 / p99, ms', ({ calm }) => both(calm)],
    ['fires with pruning', ({ pruning }) => whole(pruning.fires)],
    ['their lateness, p50 / p99, ms', ({ pruning }) => both(pruning)],
    ['runs pruned a second', ({ pruning }) => whole(pruning.pruned / seconds)],
    ['adding up the whole history, s', ({ addedUpMs }) => short(addedUpMs / 1000)],
  ];
  return `# What a long history costs

${whole(jobs * runs)} ended runs: ${whole(jobs)} jobs, ${whole(runs)} of each, within seven days. Made by \`npm run bench:history\`.

${Object.entries(environment)
  .map(([name, value]) => `- ${name}: ${value}`)
  .join('\n')}
${there.map(({ label, environment: { version, settings } }) => `- ${label} ${version}: ${JSON.stringify(settings)}`).join('\n')}
${all
  .filter(({ missing }) => missing)
  .map(({ subject, missing }) => `- ${subject.label}: ${missing}`)
  .join('\n')}

## Questions

Milliseconds of a call, p50 / p99 of ${calls} calls one after the other, \`limit\` 100.

${table([{ title: 'question', left: true, cell: ({ question }) => `\`${question}\`` }, ...perStore(({ answers }, { question }) => both(answers[question]))], questions)}

## Pruning beside fires

${live} jobs that fire every second, in the process that prunes batch after batch, ${seconds} s each.

${table([{ title: '', left: true, cell: ([title]) => title }, ...perStore((result, [, cell]) => cell(result))], figures)}

Rows at the end: ${there.map(({ label, rows }) => `${label} ${JSON.stringify(rows)}`).join('; ')}.
`;
}
