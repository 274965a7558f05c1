import type { JobRecord } from '../../../../lib/jobs/job-record.js';
import type { ClaimEntry } from '../../../../lib/stores/job-store.js';
import { aClaim, aNode, aScope, HOUR, SECOND } from '../../../support/store-fixtures.js';
import { openFile } from '../open-store.js';
import { heed, tell } from './parent-process.js';

/** Claims and completes every fire there is, up to the last slot, in a race with others. */
const [file, node, lastSlot] = process.argv.slice(2) as [string, string, string];
const session = await openFile(file);
await session.joinNode(aNode(node), HOUR);
tell({ ready: true });
await heed();

const query = { horizonMs: 0, lanes: [{ executor: 'default', limit: 20 }], scope: aScope() };
for (;;) {
  const { jobs } = await session.peek(query);
  if (jobs.length === 0) break;
  const { records } = await session.claim(node, jobs.map(nextClaim));
  if (records.length === 0) continue;
  tell({ started: records.map(({ run }) => run.runId) });
  const ended = { state: 'succeeded', finishedAt: Date.now(), outcome: { result: node }, retryDelayMs: null } as const;
  const { fenced } = await session.complete(records.map(({ run }) => ({ run, ...ended })));
  if (fenced.length > 0) tell({ fenced: fenced.map((run) => run.runId) });
}
await session.close();
tell({ done: true });

function nextClaim(job: JobRecord): ClaimEntry {
  const next = (job.nextFireAt as number) + SECOND;
  const isLast = next > Number(lastSlot);
  return aClaim(job, { plan: { nextFireAt: isLast ? null : next, nextDueAt: isLast ? null : next } });
}
