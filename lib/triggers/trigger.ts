/**
 * When something is due: pure arithmetic on epoch milliseconds. A trigger reads no clock, and its fires depend on nothing
 * that was asked before; what it remembers makes it faster, and lets a search that was given up go on.
 *
 * Laws, tested for every trigger: `next(t) > t`; `previous(t) < t`; `next(previous(t)) >= t`;
 * `previous(next(t)) <= t`; nothing lies between a fire and its successor; `null` means that nothing comes. Where `allOf`
 * or `except` have to search too long for one call, `next` and `previous` throw a `TriggerSearchError` instead of answering.
 *
 * @publicApi
 */
export interface Trigger {
  /** The first fire strictly after `after` (epoch ms), or `null` when there is none. @throws {TriggerSearchError} */
  next(after: number): number | null;
  /** The last fire strictly before `before` (epoch ms), or `null` when there is none. @throws {TriggerSearchError} */
  previous(before: number): number | null;
  /**
   * How many fires lie in `[from, to]` (epoch ms, both inclusive), in closed form. Optional: without it a caller
   * that needs the number walks the fires one by one. @throws {TriggerSearchError} over decades of a new zone.
   */
  count?(from: number, to: number): number;
  /** No fire comes after this instant (epoch ms), nor may one be put off past it. Not there: there is no such instant. */
  readonly endAt?: number | undefined;
  /** The fires in plain English: `at 03:00, Monday to Friday (Europe/Berlin)`. */
  describe(): string;
}

/**
 * What a trigger is, as plain versioned data: what the factories (`cron`, `interval`, `at`) return and what a store
 * keeps. It becomes a {@link Trigger} by `bindTrigger`, once the anchor, the zone and the job id are known.
 *
 * @publicApi
 */
export interface TriggerDefinition {
  /** `'cron'`, `'interval'`, `'at'`, … */
  readonly kind: string;
  /** Version of this kind's stored form. */
  readonly version: number;
}

/** What turns a definition into a trigger. @publicApi */
export interface BindContext {
  /** Seeds `H` in cron text. May be empty in a preview. */
  readonly jobId: string;
  /** When the job was added: the anchor of an interval without `startAt`. */
  readonly addedAt: Date;
  /** The IANA zone of a definition that names none. */
  readonly timeZone: string;
}
