import { SUBJECTS } from '../subjects/index.mjs';
import { judgeGoals } from './goals.mjs';
import { ratio, short, table, whole } from './table.mjs';

const MIB = 2 ** 20;

/** The whole report as Markdown. Rows: the case, and what `runCase` answered. */
export function renderResults({ rows, environment, command, seconds }) {
  const groups = groupByLoad(rows.filter((row) => !row.isHistory));
  return [
    '# Results',
    '',
    `Measured by \`${command}\` (see \`bench/\`), every case in a process of its own, all in one run.`,
    '',
    `- Machine: ${environment.machine}`,
    `- Node: ${environment.node}`,
    `- Versions: ${environment.versions}`,
    `- Commit: ${environment.commit}`,
    `- Date: ${environment.date}`,
    '',
    ...goalLines(rows),
    ...groups.flatMap((group) => [
      `## ${whole(group.jobs)} jobs, ${group.phase === 'random' ? 'random phases' : 'all aligned'}`,
      '',
      table(loadColumns(group.rows), group.rows),
      '',
    ]),
    ...historyLines(rows),
    '## How to read this',
    '',
    `Every job fires once a second; fires are counted for ${seconds} s, after all jobs have been added. The memory of a job is what the`,
    'heap holds more after adding them and a garbage collection, divided by their number.',
    '',
    '- **fires**: slots in which the job fired, of those in which it should have. A fire more than a second late counts for the slot it came in.',
    '- **early**: before the slot by the wall clock, and by how much at most; **again**: further fires of a slot that had been counted.',
    '- **late**: milliseconds from the slot to the handler, of the fires that count; whole milliseconds, rounded down.',
    '- **CPU/fire**: user and system time of the whole process during the window, divided by its fires; some 0.06 µs of it are the counting.',
    '- **× ours**: that figure divided by ours in the same table.',
    '- Aligned: due at the full second. Random: each job at its own millisecond of the second, the same ones for all. Cron patterns name',
    '  full seconds, so those subjects are measured aligned only; interval timers have no phase, so each is started when its phase has come.',
    '- The handler is a synchronous function. Ours is called through a registered task, from the memory store with its defaults: every run',
    '  goes on record, the history is kept within its limits.',
    '',
  ].join('\n');
}

function loadColumns(rows) {
  const ours = rows.find((row) => row.subject === 'ours' && !row.failure);
  const against = (value) => (row) => (ours ? ratio(value(row), value(ours)) : null);
  return [
    { title: 'subject', left: true, cell: (row) => SUBJECTS[row.subject] },
    { title: 'fires', cell: (row) => row.failure ?? `${whole(row.achieved)} / ${whole(row.expected)}` },
    { title: 'early', cell: (row) => whole(row.early) },
    { title: 'by ≤ ms', cell: (row) => row.earliestBy || null },
    { title: 'again', cell: (row) => whole(row.repeated) },
    { title: 'late p50', cell: (row) => row.p50 },
    { title: 'p99', cell: (row) => row.p99 },
    { title: 'max', cell: (row) => (row.max < 0 ? null : row.max) },
    { title: 'CPU/fire µs', cell: (row) => short(row.cpuPerFireUs) },
    { title: '× ours', cell: against((row) => row.cpuPerFireUs) },
    { title: 'B/job', cell: (row) => whole(row.bytesPerJob) },
    { title: '× ours', cell: against((row) => row.bytesPerJob) },
    { title: 'add wall ms', cell: (row) => whole(row.adding?.wallMs) },
    { title: 'CPU ms', cell: (row) => whole(row.adding?.cpuMs) },
    { title: '× ours', cell: against((row) => row.adding?.cpuMs) },
    { title: 'heap MiB', cell: (row) => short(row.heapAfterBytes / MIB) },
  ];
}

function goalLines(rows) {
  const verdicts = judgeGoals(rows);
  if (verdicts.length === 0) return [];
  const columns = [
    { title: 'goal', left: true, cell: (verdict) => verdict.text },
    { title: 'measured', cell: (verdict) => verdict.seen },
    { title: 'met', left: true, cell: (verdict) => (verdict.met ? 'yes' : '**no**') },
  ];
  return ['## Goals', '', table(columns, verdicts), ''];
}

function historyLines(rows) {
  const long = rows.filter((row) => row.isHistory);
  if (long.length === 0) return [];
  const columns = [
    { title: 'jobs', cell: (row) => whole(row.jobs) },
    { title: 'seconds', cell: (row) => row.seconds },
    { title: 'fires', cell: (row) => row.failure ?? `${whole(row.achieved)} / ${whole(row.expected)}` },
    { title: 'heap MiB', cell: (row) => short(row.heapAfterBytes / MIB) },
    { title: 'of it at the start', cell: (row) => short((row.bytesPerJob * row.jobs) / MIB) },
  ];
  return ['## Our heap with the history on, random phases', '', table(columns, long), ''];
}

function groupByLoad(rows) {
  const groups = new Map();
  for (const row of rows) {
    const key = `${row.phase} ${row.jobs}`;
    if (!groups.has(key)) groups.set(key, { phase: row.phase, jobs: row.jobs, rows: [] });
    groups.get(key).rows.push(row);
  }
  return [...groups.values()];
}
