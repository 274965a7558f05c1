import type { Clock } from '../clock.js';
import type { JobStoreSession } from '../stores/job-store.js';
import { Repeater } from './repeater.js';

/** How much earlier than the store this node takes its lease for run out. */
const SAFETY_MS = 1000;

/** A store that no other process uses can't take anything over: its lease never ends. */
const FOR_EVER = 1e14;

/** What the lease tells its owner. */
export interface LeaseEvents {
  /** Held again after it was not. */
  renewed(): void;
  /** No renewal came through in time: nothing may be claimed or dispatched. */
  expired(): void;
  /** The row is gone: another node took this one for dead. */
  takenOver(): void;
  failed(error: unknown): void;
}

/**
 * The right of a node to claim, renewed every third of its time. The monotonic clock says when it ends, so a node
 * that was stopped for long (SIGSTOP, a suspend) knows it as soon as it wakes, before it does anything else.
 */
export class Lease {
  readonly #session: JobStoreSession;
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #events: LeaseEvents;
  readonly #repeater: Repeater;
  #nodeId = '';
  #deadline = -Infinity;
  #heldSince = 0;
  #wasHeld = false;
  #isEnded = false;

  constructor(session: JobStoreSession, clock: Clock, ttlMs: number, events: LeaseEvents) {
    this.#session = session;
    this.#clock = clock;
    this.#ttlMs = session.isShared ? ttlMs : FOR_EVER;
    this.#events = events;
    this.#repeater = new Repeater(
      clock,
      () => this.#renew(),
      () => ttlMs / 3,
    );
  }

  get ttlMs(): number {
    return this.#ttlMs;
  }

  /** Whether this node may claim and dispatch. */
  get isHeld(): boolean {
    return !this.#isEnded && this.#clock.monotonic() < this.#deadline;
  }

  /** Whether it has been held without a gap for one whole term: only then may it judge others. */
  get isSettled(): boolean {
    return this.isHeld && this.#clock.monotonic() - this.#heldSince >= this.#ttlMs;
  }

  /** Takes note of a lease that `joinNode` has just given; `askedAt` is when it was asked for, monotonic. */
  begin(nodeId: string, askedAt: number): void {
    this.#nodeId = nodeId;
    this.#heldSince = askedAt;
    this.#wasHeld = true;
    this.#extend(askedAt);
  }

  start(): void {
    if (this.#session.isShared) this.#repeater.start();
  }

  stop(): Promise<void> {
    return this.#repeater.stop();
  }

  /** Nothing may be claimed or dispatched any more, though the lease is kept until the node leaves. */
  end(): void {
    this.#isEnded = true;
  }

  async #renew(): Promise<void> {
    const askedAt = this.#clock.monotonic();
    const wasGap = !this.isHeld;
    try {
      const { renewed } = await this.#session.renewLease(this.#nodeId, this.#ttlMs);
      if (!renewed) return this.#events.takenOver();
      if (wasGap) this.#heldSince = askedAt;
      this.#extend(askedAt);
      this.#wasHeld = true;
      if (wasGap) this.#events.renewed();
    } catch (error) {
      this.#events.failed(error);
    }
    if (!this.isHeld && this.#wasHeld) {
      this.#wasHeld = false;
      this.#events.expired();
    }
  }

  #extend(askedAt: number): void {
    // Short terms, as tests use them, keep a third for safety instead of a second.
    this.#deadline = askedAt + this.#ttlMs - Math.min(SAFETY_MS, this.#ttlMs / 3);
  }
}
