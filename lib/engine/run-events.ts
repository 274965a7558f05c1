import type { JobUnresolvableEvent, SchedulerEventType } from '../events/scheduler-event.js';
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
    const lateness = Math.max(startedAt - run.availableAt, 0);
    this.#bus.emit(this.#ofRun('run.started', run, { startedAt: new Date(startedAt), lateness }));
  }

  /** @param progress 0 to 1 */
  progress(run: RunRecord, progress: number): void {
    if (this.#bus.wants('run.progress')) this.#bus.emit(this.#ofRun('run.progress', run, { progress }));
  }

  /** A record that was made beside a start: a queued run, a miss or a skip. */
  recorded(run: RunRecord): void {
    switch (run.state) {
      case 'queued':
        if (this.#bus.wants('run.queued')) this.#bus.emit(this.#ofRun('run.queued', run));
        return;
      case 'missed':
      case 'skipped': {
        const type = `run.${run.state}` as const;
        if (!this.#bus.wants(type)) return;
        const until = new Date(run.untilAt ?? run.scheduledAt);
        const roll = { reason: run.reason ?? 'misfire', count: run.count ?? 1, until } as const;
        this.#bus.emit(this.#ofRun(type, run, roll));
        return;
      }
      case 'lost':
        if (this.#bus.wants('run.lost')) this.#bus.emit(this.#ofRun('run.lost', run, { lostNode: run.node }));
        return;
      case 'cancelled':
        if (this.#bus.wants('run.cancelled')) {
          this.#bus.emit(this.#ofRun('run.cancelled', run, { reason: run.reason }));
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
    const duration = Math.max(finishedAt - startedAt, 0);
    if (type === 'run.succeeded') {
      const result = outcome?.result;
      this.#bus.emit(this.#ofRun(type, run, { startedAt: new Date(startedAt), duration, result }));
    } else if (type === 'run.failed') {
      const error = errorOf(outcome);
      this.#bus.emit(this.#ofRun(type, run, { startedAt: new Date(startedAt), duration, error }));
    } else this.#bus.emit(this.#ofRun(type, run, { reason: reason ?? null }));
  }

  /** @param nextAttemptAt epoch ms */
  retrying({ run, outcome }: Completion, nextAttemptAt: number): void {
    if (!this.#bus.wants('run.retrying')) return;
    const error = errorOf(outcome);
    this.#bus.emit(this.#ofRun('run.retrying', run, { error, nextAttemptAt: new Date(nextAttemptAt) }));
  }

  /** @param run as it waits for its next attempt */
  retryingAfterLoss(run: RunRecord): void {
    if (!this.#bus.wants('run.retrying')) return;
    const failed = { ...run, attempt: run.attempt - 1 };
    const error = run.attempts?.at(-1)?.error ?? errorOf(null);
    this.#bus.emit(this.#ofRun('run.retrying', failed, { error, nextAttemptAt: new Date(run.availableAt) }));
  }

  fenced(run: RunRecord): void {
    if (this.#bus.wants('run.fenced')) this.#bus.emit(this.#ofRun('run.fenced', run));
  }

  paused({ id, failures }: PausedJob, reason: PauseReason): void {
    if (this.#bus.wants('job.paused')) this.#bus.emit(this.#ofJob('job.paused', id, { reason, failures }));
  }

  finished({ id }: FinishedJob): void {
    this.job('job.finished', id);
  }

  job(type: 'job.resumed' | 'job.removed' | 'job.finished' | 'job.recovered', jobId: string): void {
    if (this.#bus.wants(type)) this.#bus.emit(this.#ofJob(type, jobId));
  }

  changed(type: 'job.added' | 'job.modified' | 'job.rescheduled', job: JobSnapshot): void {
    if (this.#bus.wants(type)) this.#bus.emit(this.#ofJob(type, job.id, { job }));
  }

  unresolvable(jobId: string, reason: JobUnresolvableEvent['reason'], message: string): void {
    this.#bus.emit(this.#ofJob('job.unresolvable', jobId, { reason, message }));
  }

  unreadable({ runId, jobId, error }: UnreadableRun): void {
    this.#bus.emit(this.#ofJob('run.unreadable', jobId, { runId, message: error.message }));
  }

  /** Emits an event of this store that is about neither a run nor a job. */
  ofStore(event: StoreEvent): void {
    this.#bus.emit({ ...event, time: this.#time(), node: this.#nodeId(), store: this.#store });
  }

  /** Put together by `assign`: a literal that begins with what is spread takes ten times as long for each event. */
  #ofRun<Type extends SchedulerEventType, More extends object>(type: Type, run: RunRecord, more?: More) {
    const event = {
      type,
      time: this.#time(),
      node: this.#nodeId(),
      jobId: run.jobId,
      store: this.#store,
      runId: run.runId,
      task: run.task,
      scheduledTime: new Date(run.scheduledAt),
      attempt: run.attempt,
      origin: run.origin,
    };
    return Object.assign(event, more as More);
  }

  #ofJob<Type extends SchedulerEventType, More extends object>(type: Type, jobId: string, more?: More) {
    const event = { type, time: this.#time(), node: this.#nodeId(), jobId, store: this.#store };
    return Object.assign(event, more as More);
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
