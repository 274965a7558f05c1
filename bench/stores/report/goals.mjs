import { short, whole } from '../../report/table.mjs';

const PEERS_ON_POSTGRES = ['graphile-worker', 'pg-boss', 'bullmq-postgres', 'agenda-postgres'];
const OURS = { 'ours-postgres': 'PostgreSQL', 'ours-mysql': 'MySQL/MariaDB', 'ours-sqlite': 'SQLite' };
/** A p99 is taken for unchanged within what two runs of the same differ by. */
const unchanged = (p99, before) => p99 <= before * 1.25 + 2;

/** Each answers what it saw and whether that is enough, or nothing where a side is missing. */
const GOALS = [
  burst('ours-postgres', 'graphile-worker', 1),
  burst('ours-postgres', 'pg-boss', 2),
  burst('ours-postgres', 'bullmq-redis', 2),
  burst('ours-postgres', 'bullmq-postgres', 10),
  burst('ours-postgres', 'agenda-postgres', 10),
  burst('ours-postgres', 'apscheduler-postgres', 5),
  burst('ours-sqlite', 'bare-sqlite', 0.5),
  burst('ours-sqlite', 'apscheduler-sqlite', 100),
  goal('Burst: MariaDB ≥ 10,000 jobs/s', ({ find }) => {
    const ours = find('burst', 'ours-mysql');
    return ours && atLeast(ours.perSecond, 10_000, `${whole(ours.perSecond)}/s`);
  }),
  ...['p50', 'p99'].map((key) =>
    goal(`Pick-up on PostgreSQL: ${key} no worse than the best peer`, ({ find, best }) => {
      const ours = find('pick-up', 'ours-postgres');
      const peers = [...PEERS_ON_POSTGRES, 'bullmq-redis', 'apscheduler-postgres'];
      const peer = best('pick-up', peers, (row) => -row[key]);
      return (
        ours && peer && atMost(ours[key], peer[key], `${short(ours[key])} ms, ${peer.label} ${short(peer[key])} ms`)
      );
    }),
  ),
  goal('Wake-up on PostgreSQL: p99 of a job that another process adds under 50 ms', ({ find }) => {
    const ours = find('wake-up', 'ours-postgres');
    return ours && { met: ours.achieved === ours.expected && ours.p99 < 50, seen: `p99 ${short(ours.p99)} ms` };
  }),
  goal('Cancelling on PostgreSQL: p99 until the handler in another process is told under 100 ms', ({ find }) => {
    const ours = find('cancelling', 'ours-postgres');
    return ours && { met: ours.achieved === ours.expected && ours.p99 < 100, seen: `p99 ${short(ours.p99)} ms` };
  }),
  ...perStore((subject, name) =>
    [1, 2, 4].map((processes) =>
      goal(
        `Recurring on ${name}, ${processes} process${processes > 1 ? 'es' : ''}: every fire once, p99 ≤ 50 ms`,
        ({ find }) => {
          const ours = find(`recurring-${processes}`, subject);
          return (
            ours && {
              met: ours.achieved === ours.expected && ours.doubled === 0 && ours.p99 <= 50,
              seen: `${whole(ours.achieved)} of ${whole(ours.expected)}, p99 ${short(ours.p99)} ms`,
            }
          );
        },
      ),
    ),
  ),
  goal('Adding in one call on PostgreSQL: ≥ 40,000 jobs/s', ({ find }) => {
    const ours = find('adding', 'ours-postgres');
    return ours && atLeast(ours.manyPerSecond, 40_000, `${whole(ours.manyPerSecond)}/s`);
  }),
  goal('Adding one by one on PostgreSQL: at least the best peer with durable commits', ({ find, best }) => {
    const ours = find('adding', 'ours-postgres');
    const peer = best('adding', [...PEERS_ON_POSTGRES, 'apscheduler-postgres'], (row) => row.eachPerSecond);
    const seen = () => `${whole(ours.eachPerSecond)}/s, ${peer.label} ${whole(peer.eachPerSecond)}/s`;
    return ours && peer && atLeast(ours.eachPerSecond, peer.eachPerSecond, seen());
  }),
  goal('Idle on PostgreSQL: ≤ 1 query a second and ≤ 0.1 % of a core', ({ find }) => {
    const ours = find('far', 'ours-postgres');
    return (
      ours && {
        met: ours.queriesPerSecond <= 1 && ours.corePercent <= 0.1,
        seen: `${short(ours.queriesPerSecond)}/s, ${short(ours.corePercent)} %`,
      }
    );
  }),
  ...perStore((subject, name) => [
    goal(`Start with the stored jobs on ${name}: first fire in under 1 s`, ({ find }) => {
      const ours = find('far', subject);
      return ours && atMost(ours.startMs, 1000, `${whole(ours.startMs)} ms`);
    }),
    goal(`A full executor leaves the p99 of another as it is on ${name}`, besideBurden('pick-up-busy', subject)),
    goal(`Overdue jobs of unknown tasks change nothing on ${name}`, besideBurden('pick-up-unknown', subject)),
    ...[
      ['do nothing', 'burst', 'burst-2'],
      ['wait for 20 ms', 'work-1', 'work-2'],
    ].map(([what, alone, together]) =>
      goal(`Two processes are faster than one on ${name}, where handlers ${what}`, ({ find }) => {
        const [one, two] = [find(alone, subject), find(together, subject)];
        return one && two && { met: two.perSecond > one.perSecond, seen: `${short(two.perSecond / one.perSecond)} ×` };
      }),
    ),
  ]),
];

/** Both from the instant that is due to the last completion. Beside it, where the peer's wait for its next poll is left out. */
function burst(subject, rival, times) {
  const least = times === 1 ? 'at least' : `${times} ×`;
  return goal(`Burst: ${OURS[subject]} ${least} ${rival}`, ({ find }) => {
    const [ours, peer] = [find('burst', subject), find('burst', rival)];
    if (!ours || !peer) return null;
    const share = ours.perSecond / peer.perSecond;
    const strict = ours.perSecond / peer.perSecondOnce;
    return atLeast(share, times, `${short(share)} × (${short(strict)} × from its first fire)`);
  });
}

function besideBurden(scenario, subject) {
  return ({ find }) => {
    const [alone, beside] = [find('pick-up', subject), find(scenario, subject)];
    if (!alone || !beside) return null;
    const isComplete = beside.achieved === beside.expected;
    return {
      met: isComplete && unchanged(beside.p99, alone.p99),
      seen: `p99 ${short(alone.p99)} → ${short(beside.p99)} ms${isComplete ? '' : ', fires missing'}`,
    };
  };
}

function perStore(make) {
  return Object.entries(OURS).flatMap(([subject, name]) => make(subject, name));
}

function atLeast(value, least, seen) {
  return { met: value >= least, seen };
}

function atMost(value, most, seen) {
  return { met: value <= most, seen };
}

function goal(text, judge) {
  return { text, judge };
}

/** The goals that these rows say something about. Rows: `{ scenario, subject, label, … }`. */
export function judgeGoals(rows) {
  const find = (scenario, subject) =>
    rows.find((row) => row.scenario === scenario && row.subject === subject && !row.failure);
  const best = (scenario, subjects, merit) =>
    subjects
      .map((subject) => find(scenario, subject))
      .filter((row) => row && Number.isFinite(merit(row)) && row.achieved === row.expected)
      .reduce((found, row) => (found && merit(found) >= merit(row) ? found : row), undefined);
  return GOALS.flatMap(({ text, judge }) => {
    const verdict = judge({ find, best });
    return verdict ? [{ text, ...verdict }] : [];
  });
}
