import type { RunRecord } from '../../../lib/jobs/run-record.js';
import type { JobStoreSession } from '../../../lib/stores/job-store.js';

const ENDED = new Set(['succeeded', 'failed', 'cancelled', 'lost', 'skipped', 'missed']);

/** The runs of a job, oldest slot first. */
export async function runsOf(session: JobStoreSession, jobId: string): Promise<RunRecord[]> {
  const { runs } = await session.listRuns({ jobId, limit: 10_000 });
  return [...runs].sort((one, other) => one.scheduledAt - other.scheduledAt || one.seq - other.seq);
}

/** How often each slot of an interval job is on record, as a run of its own or within a roll-up. */
export function slotsOnRecord(runs: readonly RunRecord[], everyMs: number): Map<number, number> {
  const slots = new Map<number, number>();
  for (const { scheduledAt, count } of runs) {
    for (let i = 0; i < (count ?? 1); i++) {
      const slot = scheduledAt + i * everyMs;
      slots.set(slot, (slots.get(slot) ?? 0) + 1);
    }
  }
  return slots;
}

/** What is wrong with the record of an interval job: slots that are missing or doubled, runs that have not ended. */
export function flawsOf(runs: readonly RunRecord[], everyMs: number, until: number): string[] {
  const flaws: string[] = [];
  const slots = slotsOnRecord(runs, everyMs);
  const first = Math.min(...slots.keys());
  for (let slot = first; slot <= until; slot += everyMs) {
    const times = slots.get(slot) ?? 0;
    if (times !== 1) flaws.push(`${new Date(slot).toISOString()} is on record ${times} times`);
  }
  for (const run of runs) if (!ENDED.has(run.state)) flaws.push(`${run.runId} is ${run.state}`);
  return flaws;
}
