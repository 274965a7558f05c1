// Counts fires. A job is asked to fire at `phase` milliseconds into every second; what it does about it is put down by
// the wall clock, the same clock that every scheduler here goes by. No allocation on the way: a fire costs some 60 ns.

const SECOND = 1000;
/** So little before a slot whose predecessor has been served, a fire is an early one; else it is a late one. */
const EARLY_MS = 10;
const PHASE_BYTES = 2;

/**
 * @param {{ jobs: number, seconds: number, phases: Uint16Array }} options `phases`: ms into the second, per job.
 */
export function createRecorder({ jobs, seconds, phases }) {
  // Per job its phase, and a bit for each slot that was served: side by side, so that a fire looks at one place only.
  const bytes = PHASE_BYTES + Math.ceil(seconds / 8);
  const states = new Uint8Array(jobs * bytes);
  for (let job = 0; job < jobs; job++) states.set([phases[job] & 0xff, phases[job] >> 8], job * bytes);
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
    const at = job * bytes;
    const since = now - windowStart - (states[at] | (states[at + 1] << 8));
    let slot = Math.floor(since / SECOND);
    let late = since - slot * SECOND;
    if (late >= SECOND - EARLY_MS && isTaken(job, slot)) {
      slot++;
      late -= SECOND;
    }
    if (slot < 0 || slot >= seconds) return;

    if (isTaken(job, slot)) {
      repeated++;
      return;
    }
    states[at + PHASE_BYTES + (slot >> 3)] |= 1 << (slot & 7);
    achieved++;
    if (late < 0) {
      early++;
      earliestBy = Math.max(earliestBy, -late);
    }
    lateness[Math.max(late, 0)]++;
  }

  /** Before the window nothing is known: a fire just before its first slot is taken for an early one. */
  function isTaken(job, slot) {
    if (slot < 0 || slot >= seconds) return slot < 0;
    return (states[job * bytes + PHASE_BYTES + (slot >> 3)] & (1 << (slot & 7))) !== 0;
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
