import type { CancelRequest, JobStoreSession, TakenRun } from '../stores/job-store.js';
import type { Completer } from './completer.js';
import type { NodeMembership } from './node-membership.js';
import type { QueueingJobs } from './queueing-jobs.js';
import type { RunDispatcher } from './run-dispatcher.js';
import type { RunEvents } from './run-events.js';
import { findStrayRuns, keyOf, type RunKey } from './stray-runs.js';

/** What the intake needs of its surroundings. */
export interface IntakePorts {
  readonly session: JobStoreSession;
  readonly membership: NodeMembership;
  readonly dispatcher: RunDispatcher;
  readonly completer: Completer;
  readonly events: RunEvents;
  readonly queueing: QueueingJobs;
}

/** Takes in what one store has made of the fires of this node: hands runs on while the lease lasts, tells the rest. */
export class RunIntake {
  readonly #ports: IntakePorts;
  /** The reply took so long that the lease may be over: kept until it is renewed, dropped if it is not. */
  #held: TakenRun[] = [];

  constructor(ports: IntakePorts) {
    this.#ports = ports;
  }

  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  take(records: readonly TakenRun[]): void {
    const { membership, dispatcher, events, queueing } = this.#ports;
    for (const taken of records) {
      // Claimed by the node that this one was before it was taken over: others have put the run on record by now.
      if (taken.run.state === 'running' && taken.run.node !== membership.nodeId) continue;
      if (taken.run.state === 'queued') queueing.note(taken.run);
      if (taken.run.state !== 'running') events.recorded(taken.run);
      else if (membership.lease.isHeld) dispatcher.dispatch(taken);
      else this.#held.push(taken);
    }
  }

  /** Others have been told by the store. */
  cancel(requests: readonly CancelRequest[]): void {
    this.#ports.dispatcher.cancel(requests);
  }

  /** The lease is held again: what waited for it goes on. */
  release(): void {
    const held = this.#held;
    this.drop();
    this.take(held);
  }

  /** What waits for the lease belongs to others now. */
  drop(): void {
    this.#held = [];
  }

  /** Carries out the runs that the store has started for this node without its knowing. */
  async adoptStrays(): Promise<void> {
    const { session, membership, dispatcher, completer } = this.#ports;
    const known = new Set<RunKey>();
    for (const { record } of dispatcher.active) known.add(keyOf(record));
    for (const { run } of [...completer.unwritten, ...this.#held]) known.add(keyOf(run));
    for (const { run, job } of await findStrayRuns(session, membership.nodeId, known)) {
      if (job) this.take([{ run, job }]);
      else {
        const finishedAt = run.startedAt ?? run.availableAt;
        completer.push({ run, state: 'cancelled', finishedAt, outcome: null, retryDelayMs: null });
      }
    }
  }
}
