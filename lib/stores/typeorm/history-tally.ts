import { setImmediate } from 'node:timers/promises';
import { tryDecodeEnded } from './codec/tally-codec.js';
import type { StoreConnection } from './drivers/store-connection.js';
import { DISTANCE_MS, endedSince, markAfter, moveMark, readMark } from './scripts/tally-history.js';
import type { ScriptContext } from './scripts/script-context.js';
import { Tallies } from './tallies.js';
import { hoursKeptFrom } from './tally-spans.js';

/** How long the first of a few may wait for more: adding up several of a job costs hardly more than one. */
const PATIENCE_MS = 4 * 60_000;

/** Runs read at a time, in some milliseconds. */
const PAGE = 1_000;

/** Runs that are added up in one go. */
const MOST_RUNS = 50_000;

/**
 * The figures of `stats`: runs are added up by the hour, the quarter of a day and the day in the background, each once, in
 * the order in which they ended; a mark says how far. They are read without a lock, and what they come to is written
 * if nobody has touched a tally meanwhile; else it is left for the next time.
 *
 * No run must come to lie behind the mark unseen. Most are on record within moments of their end, and the mark keeps its
 * distance; whoever records an older end, after an outage say, adds it up as well (`tallyLate`), and so does whoever
 * deletes a run that the mark has not reached (`tallyForgotten`). The mark's row is locked after those of runs.
 */
export class HistoryTally {
  readonly #connection: StoreConnection;
  readonly #context: ScriptContext;

  constructor(connection: StoreConnection, context: ScriptContext) {
    this.#connection = connection;
    this.#context = context;
  }

  /** Adds up what has ended a while ago. */
  async addUp(): Promise<void> {
    while (await this.#addUpSome());
  }

  /** Answers whether there may be more. */
  async #addUpSome(): Promise<boolean> {
    const now = await this.#connection.now();
    const start = await this.#connection.read(() => readMark(this.#context));
    const tallies = new Tallies(hoursKeptFrom(now));
    let mark = start;
    for (let runs = 0; runs < MOST_RUNS; runs += PAGE) {
      const from = mark;
      const rows = await this.#connection.read(() => endedSince(this.#context, from, now - DISTANCE_MS, PAGE));
      const isFull = rows.length === PAGE;
      const isEarly = Number(rows[0]?.['finished_at'] ?? Infinity) > now - DISTANCE_MS - PATIENCE_MS;
      if (mark === start && !isFull && isEarly) return false;
      for (const row of rows) {
        const run = tryDecodeEnded(row);
        if (run) tallies.count(run);
      }
      mark = markAfter(mark, rows);
      if (!isFull) break;
      // SQLite answers at once: fires must get between the pages.
      await setImmediate();
    }
    const hasMoved = await this.#connection.write(() => moveMark(this.#context, start, mark, tallies));
    return hasMoved && mark.finishedAt < now - DISTANCE_MS - PATIENCE_MS;
  }
}
