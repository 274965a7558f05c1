import { expect } from 'vitest';
import { isRun, type Ledger } from './ledger.js';
import type { StoredRun } from './records.js';
import type { Call, Disturbance } from './witness.js';

/** An attempt that the store has on record. */
interface Attempt {
  readonly runId: string;
  readonly attempt: number;
  readonly node: string | null;
  /** Why it has failed, if another one has followed. */
  readonly error?: string;
}

/** What the store has on record of every single attempt, held against what the handlers have seen of it. */
export class Attempts {
  readonly #ledger: Ledger;
  readonly #pids: ReadonlyMap<string, number>;
  readonly #disturbed: ReadonlySet<number>;
  readonly #calls: ReadonlyMap<string, Call>;
  readonly #all: readonly Attempt[];

  /** @param pids of nodes */
  constructor(ledger: Ledger, pids: ReadonlyMap<string, number>, disturbances: readonly Disturbance[]) {
    this.#ledger = ledger;
    this.#pids = pids;
    this.#disturbed = new Set(disturbances.map(({ pid }) => pid));
    this.#calls = new Map(ledger.calls.map((call) => [keyOf(call), call]));
    this.#all = ledger.runs.filter(isRun).flatMap(attemptsOf);
  }

  /** They are numbered without a gap, and no more than the job allows. */
  expectNumbered(): void {
    const odd = this.#ledger.runs.filter((run) => {
      const isCounted = run.attempts.every(({ attempt }, before) => attempt === before + 1);
      return !isCounted || run.attempts.length !== run.attempt - 1 || run.attempt > this.#ledger.maxAttemptsOf(run);
    });
    expect(odd).toEqual([]);
  }

  /** The handler was called for each, on that node, unless its process was killed, stopped or starved before. */
  expectCalled(): void {
    const odd = this.#all.filter((attempt) => {
      const call = this.#calls.get(keyOf(attempt));
      return call ? call.node !== attempt.node : !this.#isOfDisturbed(attempt);
    });
    expect(odd).toEqual([]);
  }

  /** One that another has followed had failed, as its handler knows, or its process was killed, stopped or starved. */
  expectFailedBefore(): void {
    const odd = this.#all.filter((attempt) => {
      if (attempt.error === undefined) return false;
      if (attempt.error === 'RunLostError') return !this.#isOfDisturbed(attempt);
      return this.#calls.get(keyOf(attempt))?.how !== 'failed';
    });
    expect(odd).toEqual([]);
  }

  /** None has begun before the one before it was over, but beside a handler of a process that was taken for dead. */
  expectOneAfterAnother(): void {
    const odd = this.#ledger.calls.filter((call) => {
      const before = this.#calls.get(keyOf({ runId: call.runId, attempt: call.attempt - 1 }));
      return before !== undefined && before.to > call.from && !this.#disturbed.has(before.pid);
    });
    expect(odd).toEqual([]);
  }

  /** A run has ended as its last attempt has, and not while it had others left, unless it had to make room. */
  expectEndsAsSeen(): void {
    expect(this.#ledger.runs.filter((run) => !this.#hasEndedAsSeen(run))).toEqual([]);
  }

  /** A handler was told to end by those only that had been taken for dead, or because its run is cancelled. */
  expectToldToEndForCause(): void {
    const odd = this.#ledger.calls.filter((call) => {
      if (call.how !== 'cancelled' && call.how !== 'aborted') return false;
      const isCancelled = call.how === 'cancelled' && this.#ledger.runOf(call)?.state === 'cancelled';
      return !isCancelled && !this.#disturbed.has(call.pid);
    });
    expect(odd).toEqual([]);
  }

  #hasEndedAsSeen(run: StoredRun): boolean {
    const last = this.#calls.get(keyOf(run));
    const how = last?.fence === run.fence ? last.how : null;
    const isLast = run.attempt === this.#ledger.maxAttemptsOf(run);
    switch (run.state) {
      case 'succeeded':
        return how === 'succeeded';
      case 'failed':
        return how === 'failed' && isLast;
      case 'cancelled':
        // It may have failed before it was told.
        return (how === 'cancelled' || how === 'failed') && run.cancelReason === 'superseded';
      case 'lost':
        return this.#isOfDisturbed(run) && (isLast || run.cancelReason !== null);
      default:
        return true;
    }
  }

  #isOfDisturbed({ node }: Pick<Attempt, 'node'>): boolean {
    const pid = this.#pids.get(String(node));
    return pid !== undefined && this.#disturbed.has(pid);
  }
}

/** Those that have begun. */
function attemptsOf({ runId, state, attempt, node, attempts }: StoredRun): Attempt[] {
  const ended = attempts.map(({ error, ...failed }) => ({ ...failed, runId, error: error.name }));
  return state === 'queued' ? ended : [...ended, { runId, attempt, node }];
}

function keyOf({ runId, attempt }: Pick<Attempt, 'runId' | 'attempt'>): string {
  return `${runId} ${attempt}`;
}
