// Counts fires. A job is asked to fire at `phase` milliseconds into every second; what it does about it is put down by
// the wall clock, the same clock that every scheduler here goes by. No allocation on the way: a fire costs some 60 ns.

const SECOND = 1000;
/** A fire this little before a slot is an early fire of that slot; anything else is a late one of the slot before. */
const EARLY_MS = 100;

/**
 * @param {{ jobs: number, seconds: number, phases: Uint16Array }} options `phases`: ms into the second, per job.
 */
export function createRecorder({ jobs, seconds, phases }) {
  const hits = new Uint8Array(jobs * seconds);
  /** How many fires came so many milliseconds late. A fire more than a second late counts for the next slot. */
  const lateness = new Uint32Array(SECOND + 1);
  let windowStart = Infinity;
  let calls = 0;
  let achieved = 0;
  let early = 0;
  let earliestBy = 0;
  let repeated = 0;

  function record(job) {
    calls++;
    const since = Date.now() - windowStart - phases[job];
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

  return {
    record,
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
