import type { Clock } from '../clock.js';
import type { Completion, CompletionResult } from '../stores/job-store.js';
import { Backoff } from './backoff.js';

/** What the completer needs of its surroundings. */
export interface CompleterPorts {
  readonly clock: Clock;
  readonly keepAlive: boolean;
  readonly maxBatch: number;
  /** Writes a batch; may throw, the batch is then tried again. */
  write(batch: readonly Completion[]): Promise<CompletionResult>;
  written(batch: readonly Completion[], result: CompletionResult): void;
  failed(error: unknown): void;
}

/**
 * Writes the outcomes of runs in batches: the first at once, those that end meanwhile together with the next. An
 * outcome is kept until the store has taken it.
 */
export class Completer {
  readonly #ports: CompleterPorts;
  readonly #backoff = new Backoff();
  #waiting: Completion[] = [];
  #isWriting = false;
  #isGivenUp = false;
  #idle: (() => void)[] = [];
  #cutPause: (() => void) | null = null;

  constructor(ports: CompleterPorts) {
    this.#ports = ports;
  }

  get isIdle(): boolean {
    return !this.#isWriting && this.#waiting.length === 0;
  }

  push(completion: Completion): void {
    // A handler that went on after its scheduler had ended: its run is on record as lost already.
    if (this.#isGivenUp) return;
    this.#waiting.push(completion);
    if (this.#isWriting) return;
    this.#isWriting = true;
    // A microtask later, so that handlers which end in the same turn share one write.
    queueMicrotask(() => void this.#writeAll());
  }

  /** Resolves when every outcome is written, or after {@link giveUp}. */
  whenIdle(): Promise<void> {
    return this.isIdle ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Takes no outcome any more and stops trying again: the scheduler has to end. */
  giveUp(): void {
    this.#isGivenUp = true;
    this.#waiting = [];
    this.#cutPause?.();
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#isGivenUp) {
      const batch = this.#takeBatch();
      try {
        const result = await this.#ports.write(batch);
        this.#backoff.reset();
        this.#ports.written(batch, result);
      } catch (error) {
        this.#waiting = [...batch, ...this.#waiting];
        this.#ports.failed(error);
        if (!this.#isGivenUp) await this.#pause();
      }
    }
    this.#isWriting = false;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }

  #takeBatch(): Completion[] {
    if (this.#waiting.length <= this.#ports.maxBatch) {
      const batch = this.#waiting;
      this.#waiting = [];
      return batch;
    }
    return this.#waiting.splice(0, this.#ports.maxBatch);
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#ports.clock.setTimer(() => resolve(), this.#backoff.next(), {
        keepAlive: this.#ports.keepAlive,
      });
      this.#cutPause = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}
