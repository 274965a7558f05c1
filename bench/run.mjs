// `npm run bench` measures everything; `npm run bench -- --help` says how to measure less.
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runCase } from './harness/run-case.mjs';
import { prepare } from './prepare.mjs';
import { describeEnvironment } from './report/environment.mjs';
import { renderResults } from './report/results.mjs';
import { short, whole } from './report/table.mjs';
import { SUBJECTS } from './subjects/index.mjs';

const HELP = `npm run bench -- [options]
  --jobs 1000,10000,100000     how many jobs
  --subjects ours,croner       of: ${Object.keys(SUBJECTS).join(', ')}
  --phases aligned,random
  --seconds 10                 the window in which fires are counted
  --history 60                 seconds of the case that looks at our heap; 0 leaves it out
  --out RESULTS.md             where the report goes, seen from bench/; '' prints it only
  --skip-build                 take our build and the installed packages as they are`;

const { values: options } = parseArgs({
  options: {
    jobs: { type: 'string', default: '1000,10000,100000' },
    subjects: { type: 'string', default: Object.keys(SUBJECTS).join(',') },
    phases: { type: 'string', default: 'random,aligned' },
    seconds: { type: 'string', default: '10' },
    history: { type: 'string', default: '60' },
    out: { type: 'string', default: 'RESULTS.md' },
    'skip-build': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}

if (!options['skip-build']) prepare();
const subjects = await Promise.all(
  options.subjects.split(',').map(async (name) => {
    if (!Object.hasOwn(SUBJECTS, name)) throw new Error(`There is no subject "${name}".\n${HELP}`);
    return { name, ...(await import(`./subjects/${name}.mjs`)) };
  }),
);

const rows = [];
for (const benchCase of listCases()) {
  const row = { ...benchCase, ...(await runCase(benchCase)) };
  rows.push(row);
  console.log(`${caseName(row)}: ${outcome(row)}`);
}

const given = process.argv.slice(2).join(' ');
const packages = [...new Set(['@nestjs/core', ...subjects.flatMap((subject) => subject.packages)])];
const report = renderResults({
  rows,
  environment: describeEnvironment(packages),
  command: `npm run bench${given && ` -- ${given}`}`,
  seconds: Number(options.seconds),
});
console.log(`\n${report}`);
if (options.out) writeFileSync(resolve(import.meta.dirname, options.out), report);

function listCases() {
  const cases = [];
  const sizes = options.jobs.split(',').map(Number);
  for (const jobs of sizes) {
    for (const phase of options.phases.split(',')) {
      for (const { name, phases } of subjects) {
        if (phases.includes(phase)) cases.push({ subject: name, phase, jobs, seconds: Number(options.seconds) });
      }
    }
  }
  const history = Number(options.history);
  if (history > 0 && subjects.some(({ name }) => name === 'ours')) {
    for (const jobs of sizes) {
      for (const seconds of [Number(options.seconds), history]) {
        cases.push({ subject: 'ours', phase: 'random', jobs, seconds, isHistory: true });
      }
    }
  }
  return cases;
}

function caseName({ jobs, phase, subject, seconds }) {
  return `${whole(jobs)} ${phase}, ${SUBJECTS[subject]}, ${seconds} s`;
}

function outcome(row) {
  if (row.failure) return `${row.failure}\n${row.complaints ?? ''}`.trim();
  return `${whole(row.achieved)} / ${whole(row.expected)} fires, ${whole(row.early)} early, p99 ${row.p99} ms, ${short(row.cpuPerFireUs)} µs CPU per fire`;
}
