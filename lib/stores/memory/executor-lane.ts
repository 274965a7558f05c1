import { InstantQueue, type SlotLinks } from './instant-queue.js';

/** The jobs of one executor that may be claimed, by the instant they are due. */
export class ExecutorLane {
  /** Active jobs by `dueAt`. */
  readonly due: InstantQueue;
  /** Jobs with a retry that may start, by the instant it is available. */
  readonly retries: InstantQueue;
  /** Jobs with another queued run that may start, by the instant it is available. */
  readonly queued: InstantQueue;
  /** Jobs with a backfill that may start, by the instant it is available. */
  readonly backfills: InstantQueue;

  constructor(due: SlotLinks, retries: SlotLinks, queued: SlotLinks, backfills: SlotLinks) {
    this.due = new InstantQueue(due);
    this.retries = new InstantQueue(retries);
    this.queued = new InstantQueue(queued);
    this.backfills = new InstantQueue(backfills);
  }
}
