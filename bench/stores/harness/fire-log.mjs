import { createEpochClock } from './epoch-clock.mjs';

const TOLD_EVERY = 100;
const QUIET_MS = 5;

/** Puts down every fire of this process, and tells how many there are by now without costing a message each. */
export function createFireLog(tell) {
  const clock = createEpochClock();
  const job = [];
  const due = [];
  const at = [];
  let isToldSoon = false;

  function tellNow() {
    isToldSoon = false;
    tell(job.length);
  }

  return {
    /** @param dueAt epoch ms of the slot, or `null` where the subject does not tell */
    fire(index, dueAt) {
      job.push(index);
      due.push(dueAt);
      at.push(clock.now());
      if (job.length === 1 || job.length % TOLD_EVERY === 0) tell(job.length);
      else if (!isToldSoon) {
        isToldSoon = true;
        setTimeout(tellNow, QUIET_MS);
      }
    },
    adjustClock: clock.adjust,
    now: clock.now,
    read: () => ({ job, due, at }),
    /** Answers how many it has forgotten. */
    clear() {
      const count = job.length;
      job.length = due.length = at.length = 0;
      return count;
    },
  };
}
