import { adding } from './adding.mjs';
import { burst } from './burst.mjs';
import { cancelling } from './cancelling.mjs';
import { farJobs } from './far-jobs.mjs';
import { pickUp } from './pick-up.mjs';
import { recurring } from './recurring.mjs';
import { wakeUp } from './wake-up.mjs';

const isOurs = ({ isOurs: ours }) => ours === true;
const processesOf = (count) => `${count} process${count > 1 ? 'es' : ''}`;
const isPeer = ({ isFloor }) => isFloor !== true;

/**
 * What is measured, in the order of the report. `kind` chooses the columns, `who` the subjects, `run(sizes)` the scenario.
 */
export const SCENARIOS = {
  burst: {
    kind: 'burst',
    title: ({ jobs }) => `${jobs} one-shot jobs due at one instant`,
    who: () => true,
    run: ({ jobs }) => burst({ jobs }),
  },
  'burst-2': {
    kind: 'burst',
    title: ({ jobs }) => `${jobs} one-shot jobs due at one instant, two processes`,
    who: isOurs,
    run: ({ jobs }) => burst({ jobs, processes: 2 }),
  },
  ...Object.fromEntries(
    [1, 2].map((processes) => [
      `work-${processes}`,
      {
        kind: 'burst',
        title: ({ work }) =>
          `${work} one-shot jobs due at one instant, whose handlers wait for 20 ms, default settings, ${processesOf(processes)}`,
        who: isOurs,
        run: ({ work }) => burst({ jobs: work, processes, task: 'pause', profile: 'default' }),
      },
    ]),
  ),
  'pick-up': {
    kind: 'lateness',
    title: ({ seconds }) => `Pick-up at 50 fires a second for ${seconds} s, default settings`,
    who: () => true,
    run: ({ seconds }) => pickUp({ seconds }),
  },
  'pick-up-busy': {
    kind: 'lateness',
    title: ({ jobs }) => `The same while another executor is full, with ${jobs} overdue jobs`,
    who: isOurs,
    run: ({ jobs, seconds }) => pickUp({ seconds, burden: 'busy', burdenJobs: jobs }),
  },
  'pick-up-unknown': {
    kind: 'lateness',
    title: ({ jobs }) => `The same with ${jobs} overdue jobs whose task nobody knows`,
    who: isOurs,
    run: ({ jobs, seconds }) => pickUp({ seconds, burden: 'unknown', burdenJobs: jobs }),
  },
  'wake-up': {
    kind: 'lateness',
    title: ({ woken }) => `${woken} jobs due at once, one after the other, added by another process`,
    who: isPeer,
    run: ({ woken }) => wakeUp({ jobs: woken }),
  },
  cancelling: {
    kind: 'lateness',
    title: ({ cancelled }) => `${cancelled} running runs, one after the other, cancelled by another process`,
    who: isOurs,
    run: ({ cancelled: runs }) => cancelling({ runs }),
  },
  ...Object.fromEntries(
    [1, 2, 4].map((processes) => [
      `recurring-${processes}`,
      {
        kind: 'recurring',
        title: ({ recurring: jobs, seconds }) =>
          `${jobs} jobs that recur every second, ${processesOf(processes)}, ${seconds} s`,
        who: isPeer,
        run: ({ recurring: jobs, seconds }) => recurring({ jobs, processes, seconds }),
      },
    ]),
  ),
  adding: {
    kind: 'adding',
    title: ({ jobs, each }) => `Adding ${jobs} jobs in one call, ${each} one by one`,
    who: () => true,
    run: ({ jobs, each }) => adding({ jobs, each }),
  },
  far: {
    kind: 'far',
    title: ({ far, idle }) => `${far} stored jobs: start, and ${idle} s with nothing to do`,
    who: isPeer,
    run: ({ far, idle }) => farJobs({ jobs: far, seconds: idle }),
  },
};
