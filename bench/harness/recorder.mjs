// Counts fires. A job is asked to fire at `phase` milliseconds into every second; what it does about it is put down by
// the wall clock, the same clock that every scheduler here goes by. No allocation on the way: a fire costs some 60 ns.

const SECOND = 1000;
/** So little before a slot whose predecessor has been served, a fire is an early one; else it is a late one. */
const EARLY_MS = 10;

/**
 * @param {{ jobs: number, seconds: number, phases: Uint16Array }} options `phases`: ms into the second, per job.
 */
export function createRecorder({ jobs, seconds, phases }) {
  const hits = new Uint8Array(jobs * seconds);
  /** How many fires came so many milliseconds late. A fire more than a second late counts for the next slot. */
  const lateness = new Uint32Array(SECOND + 1);
  let windowStart = Infinity;
  let nextMark = Infinity;
  let onMark = () => {};
  let calls = 0;
  let achieved = 0;
  let early = 0;
  let earliestBy = 0;
  let repeated = 0;

  function record(job) {
    const now = Date.now();
    if (now >= nextMark) passMark();
    calls++;
    const since = now - windowStart - phases[job];
    let slot = Math.floor(since / SECOND);
    let late = since - slot * SECOND;
    if (late >= SECOND - EARLY_MS && isTaken(job, slot)) {
      slot++;
      late -= SECOND;
    }
    if (slot < 0 || slot >= seconds) return;

    const index = job * seconds + slot;
    if (hits[index] !== 0) {
      repeated++;
      return;
    }
    hits[index] = 1;
    achieved++;
    if (late < 0) {
      early++;
      earliestBy = Math.max(earliestBy, -late);
    }
    lateness[Math.max(late, 0)]++;
  }

  /** Before the window nothing is known: a fire just before its first slot is taken for an early one. */
  function isTaken(job, slot) {
    return slot < 0 || (slot < seconds && hits[job * seconds + slot] !== 0);
  }

  function passMark() {
    nextMark = Infinity;
    onMark();
  }

  return {
    record,
    /**
     * Calls `callback` at the instant: by a timer, or by the first fire after it, for under overload no timer is on time.
     */
    at(instant, callback) {
      return new Promise((resolve) => {
        nextMark = instant;
        onMark = () => resolve(callback());
        const look = () => {
          if (nextMark !== instant) return;
          if (Date.now() >= instant) passMark();
          else setTimeout(look, instant - Date.now());
        };
        look();
      });
    },
    open(start) {
      windowStart = start;
    },
    get calls() {
      return calls;
    },
    summary() {
      return {
        expected: jobs * seconds,
        achieved,
        early,
        earliestBy,
        repeated,
        p50: percentile(lateness, achieved, 0.5),
        p99: percentile(lateness, achieved, 0.99),
        max: lateness.findLastIndex((count) => count > 0),
      };
    },
  };
}

function percentile(histogram, total, share) {
  if (total === 0) return null;
  let seen = 0;
  return histogram.findIndex((count) => (seen += count) >= total * share);
}
