import { SlotHeap, type SlotPositions } from './slot-heap.js';

/** The jobs of one executor that may be claimed, by the instant they are due. */
export class ExecutorLane {
  /** Active jobs by `dueAt`. */
  readonly due: SlotHeap;
  /** Jobs with a retry that may start, by the instant it is available. */
  readonly retries: SlotHeap;
  /** Jobs with another queued run that may start, by the instant it is available. */
  readonly queued: SlotHeap;

  constructor(duePositions: SlotPositions, retryPositions: SlotPositions, queuedPositions: SlotPositions) {
    this.due = new SlotHeap(duePositions);
    this.retries = new SlotHeap(retryPositions);
    this.queued = new SlotHeap(queuedPositions);
  }
}
