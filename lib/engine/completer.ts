import type { Clock } from '../clock.js';
import type { RunRecord } from '../jobs/run-record.js';
import type { Completion, CompletionResult } from '../stores/job-store.js';
import { Backoff } from './backoff.js';
import { BusyOutcomes } from './busy-outcomes.js';
import { keyOf } from './stray-runs.js';

/** What the completer needs of its surroundings. */
export interface CompleterPorts {
  readonly clock: Clock;
  readonly keepAlive: boolean;
  readonly maxBatch: number;
  /** Writes a batch; may throw, the batch is then tried again. */
  write(batch: readonly Completion[]): Promise<CompletionResult>;
  written(batch: readonly Completion[], result: CompletionResult): void;
  /** What the store has on record. */
  find(runId: string): Promise<RunRecord | null>;
  /** All that could not be written before has been. */
  worked(): void;
  /** Nothing is left to write, but perhaps what somebody has locked. */
  idle(): void;
  failed(error: unknown): void;
}

/**
 * Writes the outcomes of runs in batches: the first at once, those that end meanwhile together with the next. An
 * outcome is kept until the store has taken it. What somebody has locked waits aside, and holds up nothing else.
 */
export class Completer {
  readonly #ports: CompleterPorts;
  readonly #backoff = new Backoff();
  /** Somebody has locked what they are to be written to: no failure, and no matter of the others. */
  readonly #busy: BusyOutcomes;
  #waiting: Completion[] = [];
  /** Outcomes that failed alone: their turn comes when nothing else waits. */
  #refused: Completion[] = [];
  #batch: readonly Completion[] = [];
  #batchLimit: number;
  /** Outcomes of attempts that failed: they may have been written nevertheless. */
  readonly #doubtful = new Set<Completion>();
  #isWriting = false;
  #isGivenUp = false;
  #idle: (() => void)[] = [];
  /** Ends the pause after a failure, while there is one. */
  #cutPause: (() => void) | null = null;
  #tried: (() => void)[] = [];
  /** The store has answered, but not taken what there is: that waits for its turn. */
  #isRefusing = false;

  constructor(ports: CompleterPorts) {
    this.#ports = ports;
    this.#batchLimit = ports.maxBatch;
    this.#busy = new BusyOutcomes({
      clock: ports.clock,
      keepAlive: ports.keepAlive,
      again: (completions) => {
        this.#waiting.push(...completions);
        this.#start();
      },
    });
  }

  get isIdle(): boolean {
    return this.#isDone && this.#busy.waiting.length === 0;
  }

  /** Whether nothing is being written, be it that what failed or is locked waits for another try. */
  get isAtRest(): boolean {
    return this.#isDone || this.#cutPause !== null;
  }

  /** Whether the store answers, and what is left is locked by somebody. */
  get isHeldUp(): boolean {
    return !this.#busy.isEmpty && this.#cutPause === null;
  }

  /** Outcomes that are not on record yet, as far as is known here. */
  get unwritten(): readonly Completion[] {
    return [...this.#batch, ...this.#waiting, ...this.#refused, ...this.#busy.waiting];
  }

  push(completion: Completion): void {
    // A handler that went on after its scheduler had ended: its run is on record as lost already.
    if (this.#isGivenUp || this.#busy.join(completion)) return;
    this.#waiting.push(completion);
    // What was refused alone may be the only one that can't be written.
    if (this.#refused.length > 0) this.#cutPause?.();
    this.#start();
  }

  /** Resolves when every outcome is written, or after {@link giveUp}. */
  whenIdle(): Promise<void> {
    return this.isIdle ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Resolves when the store has answered for each of those there are, or one try has failed. */
  whenTried(): Promise<void> {
    return this.isAtRest ? Promise.resolve() : new Promise((resolve) => this.#tried.push(resolve));
  }

  /** Whether outcomes wait to be tried again that the store may take by now. */
  get mayTryAgain(): boolean {
    return this.#cutPause !== null && !this.#isRefusing;
  }

  /** Tries at once, and resolves when all is written or one more try has failed. */
  tryAgain(): Promise<void> {
    this.#isRefusing = true;
    this.#cutPause?.();
    return new Promise((resolve) => this.#tried.push(resolve));
  }

  /** The store did not answer others either. */
  noteOutage(): void {
    this.#isRefusing = false;
  }

  /** The scheduler has to end soon: what somebody has locked is tried at once, and often. */
  hurry(): void {
    this.#busy.hurry();
  }

  /** Takes no outcome any more and stops trying again: the scheduler has to end. */
  giveUp(): void {
    this.#isGivenUp = true;
    this.#waiting = [];
    this.#refused = [];
    this.#busy.clear();
    this.#cutPause?.();
    if (!this.#isWriting) this.#tellIdle();
  }

  get #hasWork(): boolean {
    return this.#waiting.length > 0 || this.#refused.length > 0;
  }

  get #isDone(): boolean {
    return !this.#isWriting && !this.#hasWork;
  }

  #start(): void {
    if (this.#isWriting) return;
    this.#isWriting = true;
    // A microtask later, so that handlers which end in the same turn share one write.
    queueMicrotask(() => void this.#writeAll());
  }

  async #writeAll(): Promise<void> {
    while (this.#hasWork && !this.#isGivenUp) {
      this.#batch = this.#takeBatch();
      try {
        const result = await this.#write(this.#batch);
        const written = this.#setBusyAside(this.#batch, result);
        this.#succeeded(written);
        this.#ports.written(written, result);
        this.#batch = [];
      } catch (error) {
        this.#putBack(this.#batch);
        this.#ports.failed(error);
        this.#tellTried();
        if (!this.#isGivenUp) await this.#pause();
      }
    }
    this.#isWriting = false;
    this.#tellTried();
    if (this.isIdle) this.#tellIdle();
    this.#ports.idle();
  }

  /** Answers those that are written, or never will be; after {@link giveUp} what is busy is dropped. */
  #setBusyAside(batch: readonly Completion[], { busy = [] }: CompletionResult): readonly Completion[] {
    const keys = new Set(busy.map(keyOf));
    const isBusy = ({ run }: Completion): boolean => keys.has(keyOf(run));
    const written = busy.length === 0 ? batch : batch.filter((completion) => !isBusy(completion));
    this.#busy.settle(written);
    if (busy.length === 0 || this.#isGivenUp) return written;
    const jobs = new Set(busy.map(({ jobId }) => jobId));
    const isBehind = ({ run }: Completion): boolean => jobs.has(run.jobId);
    this.#busy.hold([...batch.filter(isBusy), ...this.#waiting.filter(isBehind)]);
    this.#waiting = this.#waiting.filter((completion) => !isBehind(completion));
    return written;
  }

  async #write(batch: readonly Completion[]): Promise<CompletionResult> {
    const result = await this.#ports.write(batch);
    if (result.fenced.length === 0 || this.#doubtful.size === 0) return result;
    const fenced: RunRecord[] = [];
    const retrying = [...result.retrying];
    for (const run of result.fenced) {
      const stored = await this.#findWritten(run, batch);
      if (!stored) fenced.push(run);
      else if (isNextAttempt(stored, run)) retrying.push(stored);
    }
    return { ...result, fenced, retrying };
  }

  /** What was written if it was refused only because an earlier try, whose answer was lost, had been carried out. */
  async #findWritten(run: RunRecord, batch: readonly Completion[]): Promise<RunRecord | null> {
    const own = batch.find((completion) => completion.run.runId === run.runId && completion.run.fence === run.fence);
    if (!own || !this.#doubtful.has(own)) return null;
    const stored = await this.#ports.find(run.runId);
    if (!stored) return null;
    const hasEnded = stored.fence === run.fence && stored.state === own.state;
    return hasEnded || (own.retryDelayMs !== null && isNextAttempt(stored, run)) ? stored : null;
  }

  #succeeded(batch: readonly Completion[]): void {
    this.#backoff.reset();
    this.#isRefusing = false;
    this.#batchLimit = Math.min(this.#batchLimit * 2, this.#ports.maxBatch);
    if (this.#doubtful.size === 0) return;
    for (const completion of batch) this.#doubtful.delete(completion);
    // What waits for somebody's lock does not wait for the store.
    const busy = new Set(this.#busy.waiting);
    if ([...this.#doubtful].every((completion) => busy.has(completion))) this.#ports.worked();
  }

  /** An outcome that can't be written must not hold up the others: it ends up alone, and behind them. */
  #putBack(batch: readonly Completion[]): void {
    this.#batch = [];
    if (this.#isGivenUp) return;
    for (const completion of batch) this.#doubtful.add(completion);
    this.#batchLimit = Math.ceil(batch.length / 2);
    if (batch.length === 1) this.#refused.push(...batch);
    else this.#waiting = [...batch, ...this.#waiting];
  }

  #takeBatch(): readonly Completion[] {
    if (this.#waiting.length === 0) return this.#refused.splice(0, 1);
    if (this.#waiting.length > this.#batchLimit) return this.#waiting.splice(0, this.#batchLimit);
    const batch = this.#waiting;
    this.#waiting = [];
    return batch;
  }

  #pause(): Promise<void> {
    return new Promise<void>((resolve) => {
      const timer = this.#ports.clock.setTimer(() => resolve(), this.#backoff.next(), {
        keepAlive: this.#ports.keepAlive,
      });
      this.#cutPause = () => {
        timer.cancel();
        resolve();
      };
    }).finally(() => (this.#cutPause = null));
  }

  #tellIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #tellTried(): void {
    for (const tell of this.#tried.splice(0)) tell();
  }
}

/** Whether the run is on record with the attempt after this one, waiting or taken already. */
function isNextAttempt(stored: RunRecord, { attempt }: RunRecord): boolean {
  return stored.attempt === attempt + 1;
}
