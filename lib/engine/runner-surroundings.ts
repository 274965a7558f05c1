import type { EventBus } from '../events/event-bus.js';
import type { TaskRegistry } from '../executors/task-registry.js';
import type { NodeDraft } from '../stores/job-store.js';
import type { ResolvedOptions } from './engine-options.js';
import type { ExecutorSet } from './executor-set.js';

/** What all runners of a scheduler share. */
export interface RunnerSurroundings {
  readonly options: ResolvedOptions;
  readonly bus: EventBus;
  readonly tasks: TaskRegistry;
  readonly executors: ExecutorSet;
  /** Under which this scheduler joins a store; after a takeover it comes back under another. */
  nodeId(): string;
  /** The node's row for an id, but for what it declares in the store. */
  describeNode(id: string): Omit<NodeDraft, 'declares'>;
  /** A cycle or a run has ended: whoever waits for quiet may look. */
  onQuiet(): void;
}
