// `npm run bench:triggers` measures how fast next fires are found, beside the peers, and writes RESULTS-triggers.md.
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepare } from '../prepare.mjs';
import { describeEnvironment } from '../report/environment.mjs';
import { short, table } from '../report/table.mjs';
import { CASES, CHAIN } from './cases.mjs';
import { median } from './measure.mjs';
import { NAMES, SUBJECTS } from './subjects.mjs';

const OUT = join(import.meta.dirname, '..', 'RESULTS-triggers.md');
/** A number that is handed from call to call may cost a box of 16 bytes; an object would cost far more. */
const MAX_BYTES = 48;
/** How often each case is gone through with all subjects, one after the other. */
const PASSES = 3;
/** What two equal works differ by on a machine that does other things as well. */
const AS_FAST = 0.9;

if (!process.argv.includes('--skip-build')) prepare();
const passes = [];
for (const [index, { text, zone }] of CASES.entries()) {
  for (let pass = 0; pass < PASSES; pass++) {
    for (const subject of Object.keys(SUBJECTS))
      passes.push({ index, subject, ...(await runCase({ subject, index })) });
  }
  console.log(`${text} ${zone}: ours ${perSecond(find(index, 'ours').chained)}/s`);
}
const rows = CASES.flatMap((_, index) => Object.keys(SUBJECTS).map((subject) => find(index, subject)));
const goals = judge();
const report = render();
console.log(`\n${report}`);
writeFileSync(OUT, report);
if (goals.some(({ met }) => !met)) process.exitCode = 1;

function runCase(benchCase) {
  return new Promise((resolve) => {
    let result = { failure: 'ended without a result' };
    const child = fork(join(import.meta.dirname, 'case.mjs'), [JSON.stringify(benchCase)], {
      execArgv: ['--expose-gc'],
      env: { ...process.env, TZ: 'UTC', NODE_ENV: 'production' },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const limit = setTimeout(() => {
      result = { failure: 'not done after 120 s' };
      child.kill('SIGKILL');
    }, 120_000);
    child.on('message', (message) => (result = message));
    child.on('close', () => {
      clearTimeout(limit);
      resolve(result);
    });
  });
}

/** What the passes of a case and a subject come to: the median of each figure. */
function find(index, subject) {
  const all = passes.filter((pass) => pass.index === index && pass.subject === subject);
  const done = all.filter(({ failure }) => failure === undefined);
  if (done.length === 0) return all[0];
  // Of the rounds that took turns in one process, not of different ones.
  const withRatio = done.map((pass) => ({ ...pass, backToChained: pass.back / pass.chained }));
  const figure = (key) => (withRatio.every((pass) => pass[key]) ? median(withRatio.map((pass) => pass[key])) : null);
  const keys = ['length', 'chained', 'back', 'random', 'parsed', 'bytes', 'backToChained'];
  return { index, subject, ...Object.fromEntries(keys.map((key) => [key, figure(key)])) };
}

function judge() {
  return CASES.flatMap(({ text, zone }, index) => {
    const ours = find(index, 'ours');
    const floor = find(index, 'floor').chained;
    const others = ['cron-parser', 'cron', 'node-cron', 'later'].map((name) => find(index, name).chained ?? 0);
    const goal = (what, value, least, unit = '×') => ({
      text: `${text} ${zone}: ${what}`,
      seen: `${short(value)}${unit}`,
      met: value >= least,
    });
    return [
      goal('chained, at least 50 × croner', ours.chained / (find(index, 'croner').chained ?? 0), 50),
      goal('chained, at least 5 × the fastest other', ours.chained / Math.max(...others), 5),
      goal(`previous() as fast as next() (at least ${AS_FAST} ×)`, ours.backToChained, AS_FAST),
      ...(zone === 'UTC' ? [goal('within 5 × of the floor', ours.chained / floor, 0.2)] : []),
      { text: `${text} ${zone}: nothing allocated but boxes of numbers`, seen: `${short(ours.bytes)} B`, met: ours.bytes <= MAX_BYTES }, // prettier-ignore
    ];
  });
}

function render() {
  const environment = describeEnvironment([...new Set(Object.values(SUBJECTS).flatMap(({ packages }) => packages))]);
  const columns = [
    { title: 'subject', left: true, cell: (row) => NAMES[row.subject] },
    { title: 'chained /s', cell: (row) => row.failure ?? perSecond(row.chained) },
    { title: '× ours', cell: (row) => against(row, 'chained') },
    { title: 'fires', cell: (row) => row.length },
    { title: 'random /s', cell: (row) => perSecond(row.random) },
    { title: '× ours', cell: (row) => against(row, 'random') },
    { title: 'previous /s', cell: (row) => perSecond(row.back) },
    { title: 'parse /s', cell: (row) => perSecond(row.parsed) },
    { title: '× ours', cell: (row) => against(row, 'parsed') },
  ];
  const verdicts = [
    { title: 'goal', left: true, cell: (verdict) => verdict.text },
    { title: 'measured', cell: (verdict) => verdict.seen },
    { title: 'met', left: true, cell: (verdict) => (verdict.met ? 'yes' : '**no**') },
  ];
  return [
    '# Results: triggers',
    '',
    'Measured by `npm run bench:triggers` (see `bench/triggers/`), every case and subject in a process of its own, all in one run.',
    '',
    `- Machine: ${environment.machine}`,
    `- Node: ${environment.node}`,
    `- Versions: ${environment.versions}`,
    `- Commit: ${environment.commit}`,
    `- Date: ${environment.date}`,
    '',
    '## Goals',
    '',
    table(verdicts, goals),
    '',
    ...CASES.flatMap(({ text, zone }, index) => [
      `## \`${text}\`, ${zone}`,
      '',
      table(columns, rows.filter((row) => row.index === index)), // prettier-ignore
      '',
    ]),
    '## How to read this',
    '',
    `- **chained**: each fire from the one before, ${CHAIN} from 2026 on (**fires**: fewer where a subject ends earlier); **random**: the`,
    '  first fire after instants of 2020 to 2040; **previous**: chained backwards.',
    `- Each figure is the median of ${PASSES} processes, and in each the median of rounds in which the works take turns,`,
    '  after as many as the compiler needs; previous() is compared with next() within a process.',
    '- **parse**: text to a trigger that could answer; ours without its cache of compiled texts.',
    '- The floor evaluates minutes by bit masks in UTC and nothing else: no zones, seconds, years, rules or errors.',
    '- node-cron counts from now and tells chains only; @breejs/later has no time zones, so its figures are those of UTC.',
    '- A dash, or a reason: the subject can not do that.',
    '',
  ].join('\n');
}

function against(row, key) {
  const ours = find(row.index, 'ours')[key];
  return row[key] && ours ? `${short(row[key] / ours)}×` : null;
}

function perSecond(value) {
  if (!value) return null;
  if (value >= 1e6) return `${short(value / 1e6)} M`;
  return value >= 1e3 ? `${short(value / 1e3)} k` : short(value);
}
