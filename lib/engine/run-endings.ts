import type { Completion, CompletionResult, TakeOver } from '../stores/job-store.js';
import type { QueueingJobs } from './queueing-jobs.js';
import type { RunEvents } from './run-events.js';
import { keyOf } from './stray-runs.js';

/** Tells how the runs of one store have ended, as soon as it is written. */
export class RunEndings {
  readonly #events: RunEvents;
  readonly #queueing: QueueingJobs;

  constructor(events: RunEvents, queueing: QueueingJobs) {
    this.#events = events;
    this.#queueing = queueing;
  }

  announce(batch: readonly Completion[], result: CompletionResult): void {
    const { fenced, retrying, cancelled, paused, finished } = result;
    if (fenced.length + retrying.length + cancelled.length === 0) {
      for (const completion of batch) this.#events.ended(completion);
    } else this.#announceEach(batch, result);
    for (const job of paused) this.#events.paused(job, 'failures');
    for (const job of finished) this.#events.finished(job);
  }

  announceTakeOver({ lost, requeued, paused, finished }: TakeOver): void {
    for (const run of lost) this.#events.recorded(run);
    for (const run of requeued) {
      this.#queueing.note(run);
      this.#events.retryingAfterLoss(run);
    }
    for (const job of paused) this.#events.paused(job, 'failures');
    for (const job of finished) this.#events.finished(job);
  }

  #announceEach(batch: readonly Completion[], { fenced, retrying, cancelled }: CompletionResult): void {
    const given = new Map(cancelled.map((run) => [keyOf(run), run]));
    const refused = new Set(fenced.map(keyOf));
    const nextAttempts = new Map(retrying.map((run) => [run.runId, run]));
    for (const completion of batch) {
      const next = nextAttempts.get(completion.run.runId);
      const givenUp = given.get(keyOf(completion.run));
      if (refused.has(keyOf(completion.run))) this.#events.fenced(completion.run);
      else if (givenUp) this.#events.recorded(givenUp);
      else if (next?.attempt === completion.run.attempt + 1) {
        this.#events.retrying(completion, next.availableAt);
        this.#queueing.note(next);
      } else this.#events.ended(completion);
    }
  }
}
