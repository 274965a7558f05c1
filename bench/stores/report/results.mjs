import { table } from '../../report/table.mjs';
import { SCENARIOS } from '../scenarios/index.mjs';
import { columnsOf } from './columns.mjs';
import { judgeGoals } from './goals.mjs';

/** The whole report as Markdown. */
export function renderResults({ rows, absent, servers, runtimes, environment, command, sizes }) {
  const shown = [...new Set(rows.map(({ scenario }) => scenario))];
  return [
    '# Results: stores',
    '',
    `Measured by \`${command}\` (see \`bench/stores/\`), every case in processes of its own, all in one run.`,
    '',
    `- Machine: ${environment.machine}`,
    `- Runtimes: ${Object.values(runtimes).map(({ version, missing }) => version ?? missing).join('; ')}`, // prettier-ignore
    `- Versions: ${environment.versions}`,
    `- Commit: ${environment.commit}`,
    `- Date: ${environment.date}`,
    '',
    '## Servers',
    '',
    table(SERVER_COLUMNS, Object.values(servers)),
    '',
    ...goalLines(rows),
    ...shown.flatMap((name) => scenarioLines(name, [...rows, ...absent], servers, sizes)),
    ...READING,
    '',
  ].join('\n');
}

const SERVER_COLUMNS = [
  { title: 'server', left: true, cell: ({ label }) => label },
  { title: 'version', left: true, cell: ({ version, missing }) => version ?? missing },
  {
    title: 'as it says itself',
    left: true,
    cell: ({ settings = {} }) => Object.entries(settings).map(([name, value]) => `${name} = ${value}`).join(', '), // prettier-ignore
  },
];

function scenarioLines(name, rows, servers, sizes) {
  const { kind, title } = SCENARIOS[name];
  const own = rows.filter(({ scenario }) => scenario === name);
  const find = (subject) => own.find((row) => row.subject === subject && !row.failure);
  return [`## ${title(formatted(sizes))}`, '', table(columnsOf(kind, find, servers), own), ''];
}

function formatted(sizes) {
  return Object.fromEntries(Object.entries(sizes).map(([name, value]) => [name, value.toLocaleString('en-US')]));
}

function goalLines(rows) {
  const verdicts = judgeGoals(rows);
  if (verdicts.length === 0) return [];
  const columns = [
    { title: 'goal', left: true, cell: ({ text }) => text },
    { title: 'measured', cell: ({ seen }) => seen },
    { title: 'met', left: true, cell: ({ met }) => (met ? 'yes' : '**no**') },
  ];
  return ['## Goals', '', table(columns, verdicts), ''];
}

const READING = [
  '## How to read this',
  '',
  'Jobs are stored by a process that leaves; other processes then do them. Each case has an empty database (on Redis a key',
  'prefix) of its own, which is dropped afterwards. Handlers note the instant at which they are called, and',
  'do nothing else where nothing else is said.',
  '',
  '- **× ours**: that figure divided by the one of ours on the same kind of database; Redis is held against PostgreSQL.',
  '- **fires**: different slots that were called, of those that should have been; **twice**: calls of a slot beyond its first;',
  '  **early**: more than a millisecond before the slot.',
  '- **all done**: from the instant at which all are due to the one at which the record of the subject says that none is left.',
  '  Some look for what has become due by polling only; **from the first fire** leaves that wait out. The goals are judged by',
  '  all of the time, and say both. In this scenario and the recurring ones everybody has the settings for throughput: ours an',
  '  executor of 500; graphile-worker 100 concurrent jobs, a local queue of 500, batched completion, a poll every 100 ms;',
  '  pg-boss batches of 500 in bursts, its shortest poll; BullMQ a concurrency of 100; agenda 500 and a look every 200 ms;',
  '  APScheduler its defaults. In all others: default settings.',
  '- **late**: from the slot to the call. agenda and APScheduler do not tell a recurring handler its slot: of agenda the calls',
  '  in the window are counted, without a lateness; APScheduler calls are put down to the latest slot that has come.',
  '- **late**, of runs that are cancelled: from the call of `cancelRun` to the abort of the signal that the handler holds. Ours',
  '  only: no peer has a call that reaches a handler in another process (`cancelJob` of BullMQ reaches those of its own).',
  '- **commits**: what makes a commit durable, as the server, or on SQLite the very connection, says.',
  '- **history**: what stays on record of a job that ran. **rows read back**: what the tables held after the case, before they',
  '  were dropped; on Redis the entries of lists and sets, and the number of hashes and strings. Without them a line is void.',
  '- **queries/s**: transactions by `pg_stat_database` on PostgreSQL; on MySQL and SQLite what our process sends; on Redis',
  '  the commands of all clients. A server that is used by others at the same time spoils the last.',
  '- A dash, or a reason in the last column: the subject can not do that, or did not.',
];
