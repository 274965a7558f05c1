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

/**
 * The id of the run of a slot: the same whenever, wherever and however often it is attempted, and no other slot's, since
 * no job id ends as a series does.
 */
export function slotRunId(jobId: string, series: number, scheduledAt: number): string {
  const slot = textOf(scheduledAt);
  return series === 1 ? `${jobId}@${slot}` : `${jobId}~${series}@${slot}`;
}

/** The id of a run made by `runJob`; `unique` is 8 hexadecimal digits. */
export function manualRunId(jobId: string, series: number, requestedAt: number, unique: string): string {
  return `${slotRunId(jobId, series, requestedAt)}#m-${unique}`;
}

/** The id of the `number`th repetition of a run: `…#r1`. */
export function rerunId(runId: string, number: number): string {
  return `${runId.replace(RERUN, '')}#r${number}`;
}

/** Which repetition it is; 0: none. */
export function rerunNumber(runId: string): number {
  return Number(RERUN.exec(runId)?.[1] ?? 0);
}

const RERUN = /#r(\d+)$/;

/** The id of a record that stands for slots that did not run. It holds no slot: a backfill may fill them. */
export function rollUpRunId(jobId: string, series: number, scheduledAt: number, state: 'missed' | 'skipped'): string {
  return `${slotRunId(jobId, series, scheduledAt)}!${state}`;
}
