import type { JobStoreSession, NodeRecord, NodesSeen } from '../stores/job-store.js';
import { isCertainlyGone, ownIdentity } from './node-identity.js';
import type { StoreRunner } from './store-runner.js';

/**
 * Puts the runs of dead nodes on record. A node is dead when its lease has run out, judged only by one that has itself
 * renewed without a gap (else a database outage would make everyone dead), or when its process is certainly gone.
 */
export async function recoverDeadNodes(
  session: JobStoreSession,
  runner: StoreRunner,
  { nodes, now }: NodesSeen,
): Promise<void> {
  const own = ownIdentity();
  for (const node of nodes) {
    if (node.id === runner.nodeId) continue;
    const isExpired = node.leaseUntil < now && runner.lease.isSettled;
    if (isExpired || isCertainlyGone(node.id, node, own)) await takeOver(session, runner, node);
  }
}

async function takeOver(session: JobStoreSession, runner: StoreRunner, node: NodeRecord): Promise<void> {
  const result = await session.takeOverNode(node);
  if (!result.taken) return;
  runner.parts.events.ofStore({ type: 'node.lost', lostNode: node.id });
  runner.parts.endings.announceTakeOver(result);
  // Its runs wait for the next attempt, or others have waited for them to end.
  runner.wake();
}
