import type { RunRecord } from '../jobs/run-record.js';
import type { JobStoreSession, TakenRun } from '../stores/job-store.js';

const PAGE = 500;

/** One taking of a run: its id alone comes back with every attempt. */
export type RunKey = `${string} ${number}`;

export function keyOf({ runId, fence }: RunRecord): RunKey {
  return `${runId} ${fence}`;
}

/** A run of this node; without its job it can't be carried out any more. */
export type StrayRun = TakenRun | { readonly run: RunRecord; readonly job: null };

/**
 * The runs that are on record as running on this node although it knows nothing of them: the answer to a claim was
 * lost after it had been committed. Nobody else may run them while this node lives.
 *
 * @param known every run that the node has not yet put on record as ended, taken down before this is called
 */
export async function findStrayRuns(
  session: JobStoreSession,
  nodeId: string,
  known: ReadonlySet<RunKey>,
): Promise<readonly StrayRun[]> {
  const strays: StrayRun[] = [];
  let before: RunRecord | undefined;
  for (;;) {
    const { runs } = await session.listRuns({ states: ['running'], limit: PAGE, before });
    for (const run of runs) {
      if (run.node !== nodeId || known.has(keyOf(run))) continue;
      strays.push({ run, job: await session.getJob(run.jobId) });
    }
    if (runs.length < PAGE) return strays;
    before = runs.at(-1);
  }
}
