import type { ClockTimer } from '../../../clock.js';
import type { SqliteHandle, SqliteStatement } from './sqlite-handle.js';
import type { ConnectionContext } from './store-connection.js';

/** About what a NOTIFY would take; a look costs a microsecond. */
const EVERY_MS = 10;

/** Notices that another connection has committed: SQLite's stand-in for NOTIFY. Own commits don't count. */
export class DataVersionWatch {
  readonly #statement: SqliteStatement;
  readonly #context: ConnectionContext;
  #last: number | null;
  #timer: ClockTimer | null = null;
  readonly #look = (): void => {
    this.#arm();
    const version = this.#version();
    if (version === null || version === this.#last) return;
    this.#last = version;
    this.#context.onForeignWrite();
  };

  constructor(handle: SqliteHandle, context: ConnectionContext) {
    this.#statement = handle.prepare('PRAGMA data_version');
    this.#context = context;
    this.#last = this.#version();
    this.#arm();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #arm(): void {
    this.#timer = this.#context.clock.setTimer(this.#look, EVERY_MS, { keepAlive: this.#context.keepAlive });
  }

  /** `null` when the database does not answer now: the next look, or the next statement, tells more. */
  #version(): number | null {
    try {
      return (this.#statement.get() as { data_version: number }).data_version;
    } catch {
      return null;
    }
  }
}
