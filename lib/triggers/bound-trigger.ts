import { describeInstant } from './describe-time.js';
import type { Trigger } from './trigger.js';
import type { TimeWindow } from './time-window.js';

/** What a trigger tells about itself besides its fires. */
export interface TriggerFrame {
  /** The zone of its wall-clock times; `null`: it has none. */
  readonly timeZone: string | null;
  /** The bounds its definition names. */
  readonly window?: TimeWindow | undefined;
}

const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** A trigger as its kind makes it. */
export abstract class BoundTrigger implements Trigger {
  readonly #frame: TriggerFrame;

  constructor(frame: TriggerFrame) {
    this.#frame = frame;
  }

  /**
   * @param limit a fire after it need not be found: `null` then only says that none lies up to there. What is answered
   * is the first fire, also where it lies beyond
   */
  abstract next(after: number, limit?: number): number | null;
  /** @param limit a fire before it need not be found */
  abstract previous(before: number, limit?: number): number | null;
  count?(from: number, to: number): number;

  /** The fires in words, without zone and bounds. */
  protected abstract describeFires(): string;

  /** Whether the fires depend on the job id. */
  get isSeeded(): boolean {
    return false;
  }

  /** Whether the fires may depend on the moment at which the job was added. */
  get isAnchored(): boolean {
    return true;
  }

  get endAt(): number | undefined {
    const { window } = this.#frame;
    return window?.isEndless === false ? window.endAt : undefined;
  }

  /** From 1980 on, any two fires are a multiple of so many milliseconds apart. */
  get raster(): number {
    return 1;
  }

  /** Triggers that together fire whenever it does, and only then. */
  get alternatives(): readonly BoundTrigger[] {
    return [this];
  }

  /** What asking it once takes of the effort of a search, beside what it accounts for itself. */
  get cost(): number {
    return 1;
  }

  /** Whether it looks for its fires step by step, no further than to the limit. */
  get isSearching(): boolean {
    return false;
  }

  /** Whether a call may end with a `TriggerSearchError`. */
  get mayGiveUp(): boolean {
    return this.isSearching;
  }

  /** An instant before which nothing is known to lie after another: the first fire, or where a search got to. */
  emptyUntil(after: number): number {
    return this.next(after) ?? Infinity;
  }

  /** Whether it fires at an instant. */
  firesAt(instant: number): boolean {
    return this.previous(instant + 1, instant) === instant;
  }

  /** Whether its own options say when it begins or ends. */
  protected get isBounded(): boolean {
    const { window } = this.#frame;
    return window?.startAt != null || window?.isEndless === false;
  }

  /** Whether it is made of other triggers. */
  protected get isCompound(): boolean {
    return false;
  }

  describe(): string {
    return this.#describe(null);
  }

  /** Inside another trigger: in parentheses where its end would not show. The reader knows the zone already. */
  describeWithin(zone: string | null): string {
    const text = this.#describe(zone);
    return this.isCompound || this.#describeBounds(zone) !== '' ? `(${text})` : text;
  }

  #describe(zone: string | null): string {
    const { timeZone } = this.#frame;
    const bounds = this.#describeBounds(zone);
    const fires = this.describeFires();
    const named = timeZone === null || timeZone === zone ? '' : ` (${timeZone})`;
    return `${this.isCompound && bounds !== '' ? `(${fires})` : fires}${bounds}${named}`;
  }

  #describeBounds(zone: string | null): string {
    const { timeZone, window } = this.#frame;
    const shownZone = timeZone ?? zone ?? 'UTC';
    const from = window?.startAt == null ? '' : `, from ${describeInstant(window.startAt, shownZone)}`;
    const until = window?.isEndless === false ? `, until ${describeInstant(window.endAt, shownZone)}` : '';
    return from + until;
  }

  toString(): string {
    return this.describe();
  }

  [INSPECT](): string {
    return `Trigger { ${this.describe()} }`;
  }
}
