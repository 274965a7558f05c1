import { type Described, TriggerSearchError } from './trigger-errors.js';

/** How many simple triggers a call that searches asks at most: less than 5 ms. */
export const SEARCH_BUDGET = 1_200;

/** The same for the first call of a process. Code that has hardly run yet takes some three times as long. */
const COLD_BUDGET = 250;

/** How much counting the fires of a stretch takes, to leap over it. */
export const EFFORT_OF_LEAP = 100;

/** What a first look takes beside: see {@link chargeFirstLook}. */
const EFFORT_OF_FIRST_LOOK = 2;

/**
 * How far a look at triggers may overdraw the budget: a search has paid for all of them before, and they may not have been
 * looked at before.
 */
const OVERDRAFT = 100;

/** Ends a search. Callers never see it: it becomes a {@link TriggerSearchError} where the call began. */
const EXHAUSTED = new Error('The effort of a search is used up.');

/**
 * What the outermost call that is in progress was granted and has left, how many are open inside it, and what all calls
 * before it have spent. There is one such call at a time, also where a trigger of a user's own kind asks triggers that it
 * has bound itself: they draw on the same.
 */
const account = { granted: 0, left: 0, open: 0, spent: 0 };

/**
 * After each look at what is remembered from then on: the clocks of a zone, the days of a kind of year. Only calls of
 * triggers made of others mind; the next one has less of it to do.
 */
export function chargeFirstLook(): void {
  account.left -= EFFORT_OF_FIRST_LOOK;
}

/** Between the triggers that one look asks, of which there may be many. Throws when the first looks took too much. */
export function checkFirstLooks(): void {
  if (account.left < -OVERDRAFT) throw EXHAUSTED;
}

/**
 * The effort that one call of a tree of triggers may take: what searches inside it, however deep, draws on one account.
 *
 * To go on where it stopped, a call has to ask again what the searches around it had asked: at most every simple trigger
 * of the tree some four times. The budget has to be larger than that for a search to get on.
 */
export class SearchEffort {
  readonly #budget: number;
  #open = 0;
  /** The outermost of the searches that have got anywhere in this call, and where it began and got to. */
  #searcher: Described | null = null;
  #start = 0;
  #reached = 0;

  constructor(budget: number) {
    this.#budget = budget;
  }

  /** Begins a call; each is followed by {@link leave}. */
  enter(): void {
    if (account.open++ === 0) {
      account.granted = Math.min(this.#budget, COLD_BUDGET + account.spent);
      account.left = account.granted;
    }
    if (this.#open++ === 0) this.#searcher = null;
  }

  leave(): void {
    if (--account.open === 0) account.spent += account.granted - account.left;
    this.#open--;
  }

  /** Before a look at triggers. Throws when nothing is left; the last look may take more than there is. */
  spend(effort: number): void {
    if (account.left <= 0) throw EXHAUSTED;
    account.left -= effort;
  }

  /** After a look that took more than it seemed. */
  charge(effort: number): void {
    account.left -= effort;
  }

  /** A search that is given up has found nothing between these instants. Outer ones tell after inner ones. */
  gotTo(searcher: Described, start: number, reached: number): void {
    this.#searcher = searcher;
    this.#start = start;
    this.#reached = reached;
  }

  /** What a call throws that has asked a trigger for what lies beyond an instant, and ends with this error. */
  errorOf(error: unknown, trigger: Described, instant: number): unknown {
    if (this.#open > 1) return error;
    if (this.#searcher === null && error === EXHAUSTED) this.gotTo(trigger, instant, instant);
    if (this.#searcher === null || !isGivenUp(error)) return error;
    return TriggerSearchError.of(this.#searcher, this.#start, this.#reached);
  }
}

function isGivenUp(error: unknown): boolean {
  return error === EXHAUSTED || error instanceof TriggerSearchError;
}
