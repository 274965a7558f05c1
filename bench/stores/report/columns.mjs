import { ratio, short, whole } from '../../report/table.mjs';
import { SUBJECTS } from '../subjects/index.mjs';

const ms = (value) =>
  value === null || value === undefined ? null : Math.abs(value) < 100 ? short(value) : whole(value);
const fires = {
  title: 'fires',
  cell: (row) => (row.failure ? null : `${whole(row.achieved)} / ${whole(row.expected)}`),
};
const doubled = { title: 'twice', cell: (row) => whole(row.doubled) };
const early = { title: 'early', cell: (row) => whole(row.early) };
const lateness = [
  { title: 'late p50 ms', cell: (row) => ms(row.p50) },
  { title: 'p99', cell: (row) => ms(row.p99) },
  { title: 'max', cell: (row) => ms(row.max) },
];

const BY_KIND = {
  burst: (against) => [
    fires,
    doubled,
    { title: 'first fire ms', cell: (row) => ms(row.firstMs) },
    { title: 'all done ms', cell: (row) => ms(row.doneMs) },
    { title: 'jobs/s', cell: (row) => whole(row.perSecond) },
    { title: '× ours', cell: against('perSecond') },
    { title: 'jobs/s from the first fire', cell: (row) => whole(row.perSecondOnce) },
    { title: '× ours', cell: against('perSecondOnce') },
  ],
  lateness: (against) => [fires, doubled, early, ...lateness, { title: '× ours (p99)', cell: against('p99') }],
  recurring: (against) => [
    fires,
    doubled,
    early,
    ...lateness,
    { title: '× ours (p99)', cell: against('p99') },
    { title: 'cores', cell: (row) => short(row.cores) },
  ],
  adding: (against) => [
    { title: 'one call, jobs/s', cell: (row) => whole(row.manyPerSecond) },
    { title: '× ours', cell: against('manyPerSecond') },
    { title: 'one by one, jobs/s', cell: (row) => whole(row.eachPerSecond) },
    { title: '× ours', cell: against('eachPerSecond') },
  ],
  far: (against) => [
    { title: 'start to first fire ms', cell: (row) => ms(row.startMs) },
    { title: '× ours', cell: against('startMs') },
    { title: 'from the process', cell: (row) => ms(row.processMs) },
    { title: 'idle: queries/s', cell: (row) => short(row.queriesPerSecond) },
    { title: '% of a core', cell: (row) => short(row.corePercent) },
  ],
};

/** The columns of one scenario's table. `find(subject)` answers the row of a subject in it. */
export function columnsOf(kind, find, servers) {
  const against = (key) => (row) => (row[key] ? ratio(row[key], find(rivalOf(row.subject))?.[key]) : null);
  return [
    { title: 'subject', left: true, cell: ({ subject }) => SUBJECTS[subject]?.label ?? subject },
    ...BY_KIND[kind](against),
    { title: 'commits', left: true, cell: (row) => (row.failure ? null : durabilityOf(row, servers)) },
    { title: 'history', left: true, cell: ({ subject }) => SUBJECTS[subject]?.history },
    { title: 'rows read back', left: true, cell: (row) => row.failure ?? rowsOf(row) },
  ];
}

/** Ours on the same kind of database; what is on Redis is held against ours on PostgreSQL. */
function rivalOf(subject) {
  const server = SUBJECTS[subject]?.server;
  return server === 'sqlite' || server === 'mysql' ? `ours-${server}` : 'ours-postgres';
}

function durabilityOf({ subject, durability }, servers) {
  const settings = durability ?? servers[SUBJECTS[subject].server].settings;
  return Object.entries(settings)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

function rowsOf({ rows }) {
  const parts = Object.entries(rows).map(([name, count]) => `${name} ${whole(count)}`);
  return parts.length === 0 ? 'none left' : parts.join(', ');
}
