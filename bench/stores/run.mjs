// `npm run bench:stores` measures stores against the peers and writes RESULTS-stores.md; `-- --help` says how to measure less.
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { prepare } from '../prepare.mjs';
import { describeEnvironment } from '../report/environment.mjs';
import { findRuntimes } from './harness/runtimes.mjs';
import { runCase } from './harness/run-case.mjs';
import { outcomeOf } from './report/outcome.mjs';
import { judgeGoals } from './report/goals.mjs';
import { renderResults } from './report/results.mjs';
import { SCENARIOS } from './scenarios/index.mjs';
import { openServers } from './servers/index.mjs';
import { ABSENT, SUBJECTS } from './subjects/index.mjs';

const BENCH = resolve(import.meta.dirname, '..');
const SIZES = {
  jobs: 10_000,
  each: 2000,
  work: 2000,
  woken: 500,
  cancelled: 500,
  recurring: 1000,
  seconds: 20,
  far: 100_000,
  idle: 60,
};
const HELP = `npm run bench:stores -- [options]
  --subjects ours-postgres,…   of: ${Object.keys(SUBJECTS).join(', ')}
  --scenarios burst,…          of: ${Object.keys(SCENARIOS).join(', ')}
  --jobs ${SIZES.jobs}                 of the burst, of one call that adds, and of what stands in the way
  --each ${SIZES.each}                  jobs that are added one by one
  --work ${SIZES.work}                   jobs due at one instant whose handlers take some time
  --woken ${SIZES.woken}                  jobs that another process adds, due at once, one after the other
  --cancelled ${SIZES.cancelled}              runs that another process cancels
  --recurring ${SIZES.recurring}             jobs that fire every second
  --seconds ${SIZES.seconds}                 the window of recurring jobs and of the pick-up
  --far ${SIZES.far}                 stored jobs that are far away
  --idle ${SIZES.idle}                    seconds with nothing to do
  --out RESULTS-stores.md      where the report goes, seen from bench/; '' prints it only
  --skip-build                 take our build and the installed packages as they are
  --verbose                    what a subject that failed has said`;

const { values: options } = parseArgs({
  options: {
    subjects: { type: 'string', default: Object.keys(SUBJECTS).join(',') },
    scenarios: { type: 'string', default: Object.keys(SCENARIOS).join(',') },
    ...Object.fromEntries(
      Object.entries(SIZES).map(([name, value]) => [name, { type: 'string', default: `${value}` }]),
    ),
    out: { type: 'string', default: 'RESULTS-stores.md' },
    'skip-build': { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}

const subjects = pick(SUBJECTS, options.subjects);
const scenarios = pick(SCENARIOS, options.scenarios);
const sizes = Object.fromEntries(Object.keys(SIZES).map((name) => [name, Number(options[name])]));
if (!options['skip-build']) prepare();
const runtimes = findRuntimes(Object.values(subjects).map(({ runtime }) => runtime));
const servers = await openServers(Object.values(subjects).map(({ server }) => server));

const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => interrupt.abort());

const rows = [];
for (const [scenarioName, scenario] of Object.entries(scenarios)) {
  for (const [subjectName, subject] of Object.entries(subjects)) {
    if (!scenario.who(subject) || interrupt.signal.aborted) continue;
    const row = {
      scenario: scenarioName,
      subject: subjectName,
      label: subject.label,
      ...(await measure(scenario, subject)),
    };
    rows.push(row);
    console.log(`${scenarioName}, ${subject.label}: ${outcomeOf(scenario.kind, row)}`);
    if (options.verbose && row.complaints) console.log(row.complaints);
  }
}

const given = process.argv.slice(2).join(' ');
const report = renderResults({
  rows,
  absent: absentRows(),
  servers,
  runtimes,
  environment: describeEnvironment(
    [...new Set(Object.values(subjects).flatMap(({ packages }) => packages))],
    [resolve(import.meta.dirname, 'node24'), resolve(BENCH, '..')],
  ),
  command: `npm run bench:stores${given && ` -- ${given}`}`,
  sizes,
});
console.log(`\n${report}`);
if (options.out && !interrupt.signal.aborted) writeFileSync(resolve(BENCH, options.out), report);
for (const { server } of Object.values(servers)) await server?.close();
if (judgeGoals(rows).some(({ met }) => !met)) process.exitCode = 1;

async function measure(scenario, subject) {
  const { server, missing } = servers[subject.server];
  const failure = missing ?? runtimes[subject.runtime].missing;
  if (failure) return { failure };
  let result;
  for (const patience of [1, 3, 9]) {
    result = await runCase({
      subject,
      server,
      runtime: runtimes[subject.runtime],
      scenario: scenario.run(sizes),
      patience,
      signal: interrupt.signal,
      name: `scheduler_bench_${process.pid}_${rows.length}`,
    });
    if (!result.isTooLate) break;
  }
  return result;
}

/** Whoever chooses some subjects knows what is not among them. */
function absentRows() {
  if (Object.keys(subjects).length < Object.keys(SUBJECTS).length) return [];
  return Object.keys(scenarios)
    .filter((scenario) => scenarios[scenario].who({}))
    .flatMap((scenario) => Object.entries(ABSENT).map(([subject, failure]) => ({ scenario, subject, failure })));
}

function pick(all, names) {
  return Object.fromEntries(
    names.split(',').map((name) => {
      if (!Object.hasOwn(all, name)) throw new Error(`There is no "${name}".\n${HELP}`);
      return [name, all[name]];
    }),
  );
}
