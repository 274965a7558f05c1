import { LONGEST_TIMER_MS, type Clock, type ClockTimer } from '../clock.js';
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
  /** The row is gone: another node took this one for dead. Takes a new place; may reject. */
  takenOver(): Promise<void>;
  /** The store has answered. */
  worked(): void;
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
  #expiry: ClockTimer | null = null;
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
    this.#extend(askedAt);
  }

  start(): void {
    if (this.#session.isShared) this.#repeater.start();
  }

  async stop(): Promise<void> {
    await this.#repeater.stop();
    this.#expiry?.cancel();
  }

  /** Nothing may be claimed or dispatched any more, though the lease is kept until the node leaves. */
  end(): void {
    this.#isEnded = true;
    this.#expiry?.cancel();
  }

  async #renew(): Promise<void> {
    const askedAt = this.#clock.monotonic();
    try {
      const { renewed } = await this.#session.renewLease(this.#nodeId, this.#ttlMs);
      if (renewed) this.#prolong(askedAt);
      else await this.#lose();
      this.#events.worked();
    } catch (error) {
      this.#events.failed(error);
    }
  }

  #prolong(askedAt: number): void {
    // Judged now, not when it was asked for: the answer may have been so long in coming that the lease ran out.
    const wasHeld = this.isHeld;
    this.#extend(askedAt);
    if (wasHeld || !this.isHeld) return;
    this.#heldSince = askedAt;
    this.#events.renewed();
  }

  async #lose(): Promise<void> {
    this.#deadline = -Infinity;
    this.#expiry?.cancel();
    await this.#events.takenOver();
  }

  #extend(askedAt: number): void {
    // Short terms, as tests use them, keep a third for safety instead of a second.
    this.#deadline = askedAt + this.#ttlMs - Math.min(SAFETY_MS, this.#ttlMs / 3);
    if (this.#session.isShared && this.isHeld) this.#watchExpiry();
  }

  #watchExpiry(): void {
    this.#expiry?.cancel();
    const left = this.#deadline - this.#clock.monotonic();
    const look = (): void => (this.isHeld ? this.#watchExpiry() : this.#events.expired());
    const delayMs = Math.min(Math.ceil(left), LONGEST_TIMER_MS);
    this.#expiry = this.#clock.setTimer(look, delayMs, { keepAlive: false });
  }
}
