import type { TaskRegistry } from '../executors/task-registry.js';
import type { StoreAccess } from './store-access.js';

/** The tasks that this process knows, and those of the nodes that are alive on a store. */
export async function liveTasks(jobs: StoreAccess['jobs'], tasks: TaskRegistry): Promise<ReadonlySet<string>> {
  const known = new Set(tasks.names);
  const { nodes, now } = await jobs.nodes();
  for (const node of nodes) {
    if (node.leaseUntil >= now) for (const task of node.tasks) known.add(task);
  }
  return known;
}
