import type { Clock } from '../clock.js';
import type { EventBus } from '../events/event-bus.js';
import type { SchedulerEventType } from '../events/scheduler-event.js';
import type { JobStoreSession } from '../stores/job-store.js';

const ENDS: readonly SchedulerEventType[] = [
  'run.succeeded',
  'run.failed',
  'run.retrying',
  'run.cancelled',
  'run.lost',
  'run.fenced',
];

/** Ends on other nodes make no event here: they are looked up. */
const LOOK_EVERY_MS = 250;

/** Waits for runs to end, whichever node runs them. */
export class RunWaiters {
  readonly #bus: EventBus;
  readonly #clock: Clock;

  constructor(bus: EventBus, clock: Clock) {
    this.#bus = bus;
    this.#clock = clock;
  }

  /** Resolves when none of the runs is running any more. */
  async whenEnded(session: JobStoreSession, runIds: readonly string[]): Promise<void> {
    let left = await stillRunning(session, runIds);
    while (left.length > 0) {
      await this.#nextEnd();
      left = await stillRunning(session, left);
    }
  }

  #nextEnd(): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.#bus.addListener(ENDS, () => done(), 'a call that waits for runs');
      const timer = this.#clock.setTimer(() => done(), LOOK_EVERY_MS, { keepAlive: true });
      const done = (): void => {
        stop();
        timer.cancel();
        resolve();
      };
    });
  }
}

async function stillRunning(session: JobStoreSession, runIds: readonly string[]): Promise<string[]> {
  const left: string[] = [];
  for (const runId of runIds) {
    if ((await session.getRun(runId))?.state === 'running') left.push(runId);
  }
  return left;
}
