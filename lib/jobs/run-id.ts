let lastSlot = NaN;
let lastText = '';

/** What is due in one instant is claimed together: 0.05 µs instead of 1.1 µs for all but the first. */
function textOf(slot: number): string {
  if (slot !== lastSlot) {
    lastText = new Date(slot).toISOString();
    lastSlot = slot;
  }
  return lastText;
}

/** How many of the characters of a run id a job id may use: 191, see `job-id.ts`. */
function prefix(jobId: string, series: number, scheduledAt: number): string {
  const slot = textOf(scheduledAt);
  return series === 1 ? `${jobId}@${slot}` : `${jobId}~${series}@${slot}`;
}

/** The id of the run of a slot: the same whenever, wherever and however often it is attempted. */
export function slotRunId(jobId: string, series: number, scheduledAt: number): string {
  return prefix(jobId, series, scheduledAt);
}

/** The id of a run made by `runJob`; `unique` is 8 hexadecimal digits. */
export function manualRunId(jobId: string, series: number, requestedAt: number, unique: string): string {
  return `${prefix(jobId, series, requestedAt)}#m-${unique}`;
}

/** The id of a record that stands for slots that did not run. It holds no slot: a backfill may fill them. */
export function rollUpRunId(jobId: string, series: number, scheduledAt: number, state: 'missed' | 'skipped'): string {
  return `${prefix(jobId, series, scheduledAt)}!${state}`;
}
