import { statSync } from 'node:fs';
import type { Clock } from '../../../clock.js';
import { StoreUnavailableError } from '../../store-errors.js';

const LOOK_EVERY_MS = 1_000;

/**
 * The file of an open database. When somebody deletes or replaces it, SQLite goes on in what is no longer to be found:
 * all that is written there is lost, and whoever opens the path meanwhile fires the same jobs a second time.
 */
export class DatabaseFile {
  readonly #path: string;
  readonly #alias: string;
  readonly #clock: Clock;
  readonly #opened: string | null;
  #lookedAt: number;

  /** @param path of a file that was just opened */
  constructor(path: string, alias: string, clock: Clock) {
    this.#path = path;
    this.#alias = alias;
    this.#clock = clock;
    this.#opened = this.#identity();
    this.#lookedAt = clock.monotonic();
  }

  /**
   * Looks at it now and then.
   *
   * @throws {StoreUnavailableError} for as long as another file, or none, has the path
   */
  assertInPlace(): void {
    const now = this.#clock.monotonic();
    if (now - this.#lookedAt < LOOK_EVERY_MS) return;
    const identity = this.#identity();
    if (identity === this.#opened) {
      this.#lookedAt = now;
      return;
    }
    throw new StoreUnavailableError(
      `Store "${this.#alias}": the open file of the database ${this.#path} was ` +
        `${identity === null ? 'deleted or moved away' : 'replaced by another one'}. ` +
        `Put it back, or start again to use what is there now.`,
    );
  }

  /** `null`: there is none. */
  #identity(): string | null {
    const stats = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
    return stats === undefined ? null : `${stats.dev}:${stats.ino}`;
  }
}
