import type { Clock } from '../clock.js';
import type { JobRecord } from '../jobs/job-record.js';
import type { ClaimScope, JobStoreSession, Lane, PeekResult } from '../stores/job-store.js';
import { PlannedFires } from './planned-fires.js';

/** So many large batches are peeked at once: a backlog costs a peek for all of them. */
const BATCHES_AHEAD = 4;
/** As many as that when there is time: 10,000 fires of one instant, known before it, begin without another peek. */
const MOST_BATCHES_AHEAD = 20;
/** How long it has to be quiet before such a peek, and after it until the first fire. */
const QUIET_MS = 1_000;
/** Fires closer than that are not kept waiting by a peek between them: the peek goes before its time, behind the first. */
const CLOSE_MS = 100;
/** Where slots become free a few at a time, there is a peek for each of them anyway. */
const LARGE_BATCH = 100;

/** How long to wait: until an instant of this host's clock, at most for a time; whichever comes first. */
export interface NextLook {
  readonly at: number | null;
  readonly withinMs: number;
}

/** What one node knows, from its latest peek, of what becomes due in a store, and when it has to look again. */
export class Outlook {
  readonly planned = new PlannedFires();
  readonly #session: JobStoreSession;
  readonly #clock: Clock;
  readonly #pollInterval: number | null;
  /** The store's clock minus this host's. */
  #clockOffset = 0;
  /** When the first queued run becomes available that waits for nothing else, by the store's clock. */
  #queuedAt = Infinity;
  /** By the monotonic clock: from then on a peek is due, whatever is planned. */
  #peekBy = -Infinity;
  /** Whether a peek was put off for what was due at the time. */
  #hasPutOff = false;
  /** How many batches to peek at once when there is time. */
  #batchesAhead = BATCHES_AHEAD;
  /** Whether a claim has left something of the plan behind. */
  #isOutdated = false;
  /** Whether others have been faster with what is due: from the beginning of a list that all have read they would be again. */
  #hasRivals = false;

  /** @param pollInterval in milliseconds; `null`: as the store says at the time, which may change */
  constructor(session: JobStoreSession, clock: Clock, pollInterval: number | null) {
    this.#session = session;
    this.#clock = clock;
    this.#pollInterval = pollInterval;
  }

  get #pollIntervalMs(): number {
    return this.#pollInterval ?? this.#session.pollIntervalMs;
  }

  /** What the store's clock shows, as far as this host knows. */
  get storeNow(): number {
    return this.#clock.now() + this.#clockOffset;
  }

  /** Looks at what is due, and keeps in mind what will be within the horizon, and what there is no room for yet. */
  async peek(lanes: readonly Lane[], scope: ClaimScope): Promise<PeekResult> {
    const { peekHorizonMs: horizonMs } = this.#session;
    const batches = this.#isQuiet(QUIET_MS) ? this.#batchesAhead : BATCHES_AHEAD;
    this.planned.forget();
    const askedAt = this.#clock.now();
    const peeked = await this.#session.peek({
      horizonMs,
      lanes: horizonMs === 0 ? lanes : ahead(lanes, batches),
      scope,
    });
    this.#compareClocks(peeked.now, askedAt, this.#clock.now());
    this.#peekBy = this.#clock.monotonic() + this.#pollIntervalMs;
    this.#isOutdated = false;
    this.#hasPutOff = false;
    if (horizonMs === 0) return peeked;

    this.planned.replace(peeked.jobs, Math.min(peeked.now + horizonMs, peeked.nextDueAt ?? Infinity));
    const hasMore = this.planned.until < peeked.now + horizonMs && lanes.some(isLarge);
    // Who polls more often than that would look so far with each poll.
    const isWorthIt = hasMore && this.#pollIntervalMs > QUIET_MS;
    this.#batchesAhead = isWorthIt ? MOST_BATCHES_AHEAD : BATCHES_AHEAD;
    // There is time to look further, if nothing happens meanwhile.
    if (batches < this.#batchesAhead && this.#isQuiet(2 * QUIET_MS)) this.#peekBy = this.#clock.monotonic() + QUIET_MS;
    if (this.#hasRivals) this.planned.reorderDue(peeked.now);
    const jobs = this.planned.takeDue(peeked.now, lanes);
    return { ...peeked, jobs, nextDueAt: this.planned.nextDueAt ?? peeked.nextDueAt };
  }

  /**
   * Some of what was planned could not be claimed: there has to be a peek when nothing else of the plan is due.
   *
   * @param isToOthers whether others have claimed it
   */
  noteLoss(now: number, isToOthers: boolean): void {
    this.#isOutdated = true;
    if (isToOthers) this.#hasRivals = true;
    this.planned.reorderDue(now);
  }

  /** When to look again after a peek. @param againAt when what was claimed since is due again */
  afterPeek({ now, nextDueAt, nextQueuedAt }: PeekResult, againAt: number): NextLook {
    this.#hasRivals = false;
    this.#queuedAt = nextQueuedAt !== null && nextQueuedAt > now ? nextQueuedAt : Infinity;
    const next = Math.min(nextDueAt ?? Infinity, this.#queuedAt, againAt);
    return {
      at: next === Infinity ? null : next - this.#clockOffset,
      withinMs: this.#peekBy - this.#clock.monotonic(),
    };
  }

  /**
   * The store read its clock somewhere between question and answer, so the answer of a busy store says little. What is
   * believed holds until an answer contradicts it; then fires are rather late by the time of that answer than too early.
   */
  #compareClocks(storeNow: number, askedAt: number, answeredAt: number): void {
    const least = storeNow - answeredAt;
    const most = storeNow - askedAt;
    if (this.#clockOffset < least || this.#clockOffset > most) this.#clockOffset = least;
  }

  /** Whether all that is planned lies further ahead than that. */
  #isQuiet(ms: number): boolean {
    return (this.planned.nextDueAt ?? -Infinity) - this.storeNow > ms;
  }

  /**
   * Takes out what is due at `now` by the plan, as long as that is all there is to know; `null`: peek. A peek takes as long
   * as several claims, so one that is due itself lets one claim go first.
   */
  takePlanned(now: number, lanes: readonly Lane[]): readonly JobRecord[] | null {
    const { nextDueAt, until } = this.planned;
    if (nextDueAt === null || now >= this.#queuedAt) return null;
    const isPeekDue = this.#clock.monotonic() >= this.#peekBy;
    if (nextDueAt > now) return isPeekDue || this.#isOutdated || now >= until ? null : [];
    if (this.#hasPutOff) return null;
    this.#hasPutOff = isPeekDue;
    const due = this.planned.takeDue(now, lanes);
    return due.length === 0 ? null : due;
  }

  /** When to look again by the plan; `null`: at once. */
  afterPlanned(): NextLook | null {
    const at = Math.min(this.planned.nextDueAt ?? this.planned.until, this.#queuedAt);
    if (at <= this.storeNow || this.#isOutdated) return null;
    this.#hasRivals = false;
    const withinMs = this.#peekBy - this.#clock.monotonic();
    const untilNextMs = at - this.storeNow;
    const isPeekNext = this.planned.nextDueAt === null || withinMs < untilNextMs;
    if (!isPeekNext || untilNextMs > CLOSE_MS) return { at: at - this.#clockOffset, withinMs };
    this.#peekBy = -Infinity;
    return null;
  }
}

function ahead(lanes: readonly Lane[], batches: number): readonly Lane[] {
  return lanes.map((lane) => (isLarge(lane) ? { ...lane, limit: lane.limit * batches } : lane));
}

function isLarge({ limit }: Lane): boolean {
  return limit >= LARGE_BATCH;
}
