// One case and one subject, in a process of its own.
import { CASES, CHAIN, randomInstants, START } from './cases.mjs';
import { bytesPerCall, rates } from './measure.mjs';
import { SUBJECTS } from './subjects.mjs';

const { subject, index } = JSON.parse(process.argv[2]);
const benchCase = CASES[index];
const { open, parse } = SUBJECTS[subject];
process.send(measure());

function measure() {
  let opened;
  try {
    opened = open(benchCase);
    opened.chain(2);
  } catch (error) {
    return { failure: String(error.message).split('\n')[0] };
  }
  // Some end at a year of their own; then as many as there are.
  const length = [CHAIN, 100, 10, 2].find((n) => reaches(opened, n));
  const instants = randomInstants(subject === 'ours' || subject === 'floor' ? 10_000 : 200);
  const works = {
    chained: [length, () => opened.chain(length)],
    parsed: [
      50,
      () => {
        for (let i = 0; i < 50; i++) parse(benchCase);
      },
    ],
  };
  if (opened.chainBack) {
    const end = opened.chain(CHAIN);
    works.back = [CHAIN - 1, () => opened.chainBack(CHAIN - 1, end)];
  }
  if (opened.next)
    works.random = [
      instants.length,
      () => {
        for (const instant of instants) opened.next(instant);
      },
    ];
  return {
    length,
    ...rates(works),
    bytes: subject === 'ours' ? bytesPerCall(CHAIN, () => opened.chain(CHAIN)) : null,
  };
}

function reaches(opened, n) {
  try {
    return opened.chain(n) > START;
  } catch {
    return false;
  }
}
