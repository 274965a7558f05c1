import type { JobUnresolvableEvent } from '../events/scheduler-event.js';
import type { Clock } from '../clock.js';
import { errorOf } from '../jobs/outcome.js';
import type { RunError, RunRecord } from '../jobs/run-record.js';
import type { EventBus } from '../events/event-bus.js';
import type { PauseReason } from '../jobs/job-record.js';
import type { JobSnapshot } from '../jobs/job-snapshot.js';
import type { Completion, FinishedJob, PausedJob, UnreadableRun } from '../stores/job-store.js';

/** Looked up, not put together: a property is found three times as fast by a text that is not made anew. */
const TYPE_OF_END = { succeeded: 'run.succeeded', failed: 'run.failed', cancelled: 'run.cancelled' } as const;

/** Tells what happens to the runs and jobs of one store. Nothing is built for an event that nobody wants. */
export class RunEvents {
  readonly #bus: EventBus;
  readonly #store: string;
  readonly #nodeId: () => string;
  readonly #clock: Clock;

  constructor(bus: EventBus, store: string, nodeId: () => string, clock: Clock) {
    this.#bus = bus;
    this.#store = store;
    this.#nodeId = nodeId;
    this.#clock = clock;
  }

  started(run: RunRecord): void {
    if (!this.#bus.wants('run.started')) return;
    const startedAt = run.startedAt ?? run.availableAt;
    this.#bus.emit({
      type: 'run.started',
      ...this.#ofRun(run),
      startedAt: new Date(startedAt),
      lateness: Math.max(startedAt - run.availableAt, 0),
    });
  }

  /** @param progress 0 to 1 */
  progress(run: RunRecord, progress: number): void {
    if (this.#bus.wants('run.progress')) this.#bus.emit({ type: 'run.progress', ...this.#ofRun(run), progress });
  }

  /** A record that was made beside a start: a queued run, a miss or a skip. */
  recorded(run: RunRecord): void {
    switch (run.state) {
      case 'queued':
        if (this.#bus.wants('run.queued')) this.#bus.emit({ type: 'run.queued', ...this.#ofRun(run) });
        return;
      case 'missed':
      case 'skipped': {
        const type = `run.${run.state}` as const;
        if (!this.#bus.wants(type)) return;
        const until = new Date(run.untilAt ?? run.scheduledAt);
        const roll = { reason: run.reason ?? 'misfire', count: run.count ?? 1, until } as const;
        this.#bus.emit({ type, ...this.#ofRun(run), ...roll });
        return;
      }
      case 'lost':
        if (this.#bus.wants('run.lost')) this.#bus.emit({ type: 'run.lost', ...this.#ofRun(run), lostNode: run.node });
        return;
      case 'cancelled':
        if (this.#bus.wants('run.cancelled')) {
          this.#bus.emit({ type: 'run.cancelled', ...this.#ofRun(run), reason: run.reason });
        }
        return;
      default:
        return;
    }
  }

  ended({ run, state, reason, outcome, finishedAt }: Completion): void {
    const type = TYPE_OF_END[state];
    if (!this.#bus.wants(type)) return;
    const startedAt = run.startedAt ?? finishedAt;
    const ended = {
      ...this.#ofRun(run),
      startedAt: new Date(startedAt),
      duration: Math.max(finishedAt - startedAt, 0),
    };
    if (type === 'run.succeeded') this.#bus.emit({ type, ...ended, result: outcome?.result });
    else if (type === 'run.failed') {
      this.#bus.emit({ type, ...ended, error: errorOf(outcome) });
    } else this.#bus.emit({ type, ...this.#ofRun(run), reason: reason ?? null });
  }

  /** @param nextAttemptAt epoch ms */
  retrying({ run, outcome }: Completion, nextAttemptAt: number): void {
    if (!this.#bus.wants('run.retrying')) return;
    const error = errorOf(outcome);
    this.#bus.emit({ type: 'run.retrying', ...this.#ofRun(run), error, nextAttemptAt: new Date(nextAttemptAt) });
  }

  /** @param run as it waits for its next attempt */
  retryingAfterLoss(run: RunRecord): void {
    if (!this.#bus.wants('run.retrying')) return;
    const failed = { ...run, attempt: run.attempt - 1 };
    const error = run.attempts?.at(-1)?.error ?? errorOf(null);
    this.#bus.emit({ type: 'run.retrying', ...this.#ofRun(failed), error, nextAttemptAt: new Date(run.availableAt) });
  }

  fenced(run: RunRecord): void {
    if (this.#bus.wants('run.fenced')) this.#bus.emit({ type: 'run.fenced', ...this.#ofRun(run) });
  }

  paused({ id, failures }: PausedJob, reason: PauseReason): void {
    if (this.#bus.wants('job.paused')) this.#bus.emit({ type: 'job.paused', ...this.#ofJob(id), reason, failures });
  }

  finished({ id }: FinishedJob): void {
    this.job('job.finished', id);
  }

  job(type: 'job.resumed' | 'job.removed' | 'job.finished' | 'job.recovered', jobId: string): void {
    if (this.#bus.wants(type)) this.#bus.emit({ type, ...this.#ofJob(jobId) });
  }

  changed(type: 'job.added' | 'job.modified' | 'job.rescheduled', job: JobSnapshot): void {
    if (this.#bus.wants(type)) this.#bus.emit({ type, ...this.#ofJob(job.id), job });
  }

  unresolvable(jobId: string, reason: JobUnresolvableEvent['reason'], message: string): void {
    this.#bus.emit({ type: 'job.unresolvable', ...this.#ofJob(jobId), reason, message });
  }

  unreadable({ runId, jobId, error }: UnreadableRun): void {
    this.#bus.emit({ type: 'run.unreadable', ...this.#ofJob(jobId), runId, message: error.message });
  }

  /** Emits an event of this store that is about neither a run nor a job. */
  ofStore(event: StoreEvent): void {
    this.#bus.emit({ ...event, time: this.#time(), node: this.#nodeId(), store: this.#store });
  }

  #ofRun(run: RunRecord) {
    return {
      ...this.#ofJob(run.jobId),
      runId: run.runId,
      task: run.task,
      scheduledTime: new Date(run.scheduledAt),
      attempt: run.attempt,
      origin: run.origin,
    };
  }

  #ofJob(jobId: string) {
    return { time: this.#time(), node: this.#nodeId(), jobId, store: this.#store };
  }

  #time(): Date {
    return new Date(this.#clock.now());
  }
}

type StoreEvent =
  | { readonly type: 'store.unavailable'; readonly error: RunError }
  | { readonly type: 'store.recovered' | 'store.added' | 'store.removed' | 'node.joined' | 'node.left' }
  | { readonly type: 'node.lost'; readonly lostNode: string }
  | { readonly type: 'jobs.removed'; readonly jobIds: readonly string[] };
