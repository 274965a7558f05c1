import { short, whole } from './table.mjs';

/** What the memory store has to reach: each goal answers a line of text and whether it is met, or nothing to say. */
const GOALS = [
  ...['aligned', 'random'].flatMap((phase) => [
    goal(`100,000 ${phase}: every fire happens, none early`, ({ find }) => {
      const ours = find('ours', phase, 100_000);
      return (
        ours && {
          met: ours.achieved === ours.expected && ours.early === 0,
          seen: `${whole(ours.achieved)} of ${whole(ours.expected)}, ${whole(ours.early)} early`,
        }
      );
    }),
    goal(`100,000 ${phase}: CPU per fire ≤ 3 µs`, ({ find }) => {
      const ours = find('ours', phase, 100_000);
      return ours && { met: ours.cpuPerFireUs <= 3, seen: `${short(ours.cpuPerFireUs)} µs` };
    }),
  ]),
  ...[1000, 10_000, 100_000].map((jobs) =>
    goal(`${whole(jobs)} aligned: CPU per fire ≤ 1/10 of a cron job of @nestjs/schedule`, ({ find }) => {
      const [ours, theirs] = [find('ours', 'aligned', jobs), find('nest-schedule-cron', 'aligned', jobs)];
      if (!ours || !theirs) return null;
      const share = theirs.cpuPerFireUs / ours.cpuPerFireUs;
      return { met: share >= 10, seen: `1/${short(share)}` };
    }),
  ),
  goal('10,000 random: p99 lateness ≤ 10 ms', ({ find }) => {
    const ours = find('ours', 'random', 10_000);
    return ours && { met: ours.p99 <= 10, seen: `${ours.p99} ms` };
  }),
  ...['aligned', 'random'].flatMap((phase) => [
    goal(`100,000 ${phase}: added in under 1 s of CPU`, ({ find }) => {
      const ours = find('ours', phase, 100_000);
      return ours && { met: ours.adding.cpuMs < 1000, seen: `${whole(ours.adding.cpuMs)} ms` };
    }),
    goal(`100,000 ${phase}: ≤ 2 KiB per job`, ({ find }) => {
      const ours = find('ours', phase, 100_000);
      return ours && { met: ours.bytesPerJob <= 2048, seen: `${whole(ours.bytesPerJob)} B` };
    }),
  ]),
];

function goal(text, judge) {
  return { text, judge };
}

/** The goals that this run says something about. */
export function judgeGoals(results) {
  const find = (subject, phase, jobs) =>
    results.find(
      (row) => row.subject === subject && row.phase === phase && row.jobs === jobs && !row.isHistory && !row.failure,
    );
  return GOALS.flatMap(({ text, judge }) => {
    const verdict = judge({ find });
    return verdict ? [{ text, ...verdict }] : [];
  });
}
