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
  goal('Aligned: CPU per fire ≤ 1/10 of a cron job of @nestjs/schedule', ({ find, sizes }) => {
    // The most jobs with which they get through at all.
    const jobs = sizes.findLast((size) => find('ours', 'aligned', size) && find('nest-schedule-cron', 'aligned', size));
    if (jobs === undefined) return null;
    const share = find('nest-schedule-cron', 'aligned', jobs).cpuPerFireUs / find('ours', 'aligned', jobs).cpuPerFireUs;
    return { met: share >= 10, seen: `1/${short(share)} at ${whole(jobs)} jobs` };
  }),
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
  const sizes = [...new Set(results.map((row) => row.jobs))].toSorted((a, b) => a - b);
  return GOALS.flatMap(({ text, judge }) => {
    const verdict = judge({ find, sizes });
    return verdict ? [{ text, ...verdict }] : [];
  });
}
