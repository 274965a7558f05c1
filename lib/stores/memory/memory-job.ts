import type { JobOrigin, JobPolicy, JobRecord, JobState } from '../../jobs/job-record.js';
import type { JsonObject, JsonValue } from '../../jobs/json.js';
import type { StoredTrigger } from '../../triggers/stored-trigger.js';

const NOTHING: readonly never[] = Object.freeze([]);

/**
 * A stored job. What a fire changes is changed in place and kept as plain doubles (`NaN` for `null`), so that a fire
 * allocates nothing for its job; every other change installs a new object.
 *
 * Arguments and metadata are the store's own: objects in them are kept as JSON text and made anew for each reader, so
 * that a handler which changes its arguments changes those of this run alone, as with a database.
 */
export class MemoryJob implements JobRecord {
  readonly id: string;
  readonly name: string;
  readonly task: string;
  readonly trigger: StoredTrigger;
  readonly tags: readonly string[];
  readonly executor: string;
  readonly origin: JobOrigin;
  readonly gen: number;
  readonly series: number;
  readonly maxInstances: number;
  readonly policy: JobPolicy;
  readonly definition: string;
  readonly formatVersion: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly #args: readonly JsonValue[] | string;
  readonly #metadata: string | null;
  #state: JobState;
  #nextFireAt = NaN;
  #dueAt = NaN;
  #lastFireAt = NaN;
  #fence = NaN;
  #runCount: number;
  #failures: number;

  /** @param lookalike a job whose policy is shared when it is equal */
  constructor(record: JobRecord, lookalike: JobRecord | null) {
    this.id = record.id;
    this.name = record.name;
    this.task = record.task;
    this.trigger = record.trigger;
    this.tags = record.tags.length === 0 ? NOTHING : Object.freeze([...record.tags]);
    this.executor = record.executor;
    this.origin = record.origin;
    this.gen = record.gen;
    this.series = record.series;
    this.maxInstances = record.maxInstances;
    this.policy = lookalike && areEqual(lookalike.policy, record.policy) ? lookalike.policy : { ...record.policy };
    this.definition = record.definition;
    this.formatVersion = record.formatVersion;
    this.createdAt = record.createdAt;
    this.updatedAt = record.updatedAt;
    this.#args = keepArgs(record.args);
    this.#metadata = record.metadata && JSON.stringify(record.metadata);
    this.#state = record.state;
    this.#nextFireAt = record.nextFireAt ?? NaN;
    this.#dueAt = record.dueAt ?? NaN;
    this.#lastFireAt = record.lastFireAt ?? NaN;
    this.#fence = record.fence;
    this.#runCount = record.runCount;
    this.#failures = record.failures;
  }

  get args(): readonly JsonValue[] {
    return readArgs(this.#args);
  }

  get metadata(): JsonObject | null {
    return this.#metadata === null ? null : (JSON.parse(this.#metadata) as JsonObject);
  }

  get state(): JobState {
    return this.#state;
  }

  get nextFireAt(): number | null {
    return orNull(this.#nextFireAt);
  }

  get dueAt(): number | null {
    return orNull(this.#dueAt);
  }

  get lastFireAt(): number | null {
    return orNull(this.#lastFireAt);
  }

  get fence(): number {
    return this.#fence;
  }

  get runCount(): number {
    return this.#runCount;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Whether the job still is what a peek has shown, and due. */
  isDueAs(nextFireAt: number, gen: number, fence: number, now: number): boolean {
    return (
      this.#nextFireAt === nextFireAt &&
      this.#fence === fence &&
      this.gen === gen &&
      this.#state === 'active' &&
      this.#dueAt <= now
    );
  }

  /** Whether the slot was decided about before. */
  isBehind(slot: number): boolean {
    return slot <= this.#lastFireAt;
  }

  /** A fire has been decided: the next one, the high-water mark, and how many runs came of it. */
  advance(nextFireAt: number | null, nextDueAt: number | null, lastFireAt: number, dispatched: number): void {
    this.#nextFireAt = nextFireAt ?? NaN;
    this.#dueAt = nextDueAt ?? NaN;
    if (!this.isBehind(lastFireAt)) this.#lastFireAt = lastFireAt;
    this.#runCount += dispatched;
    if (nextFireAt === null) this.#state = 'finished';
  }

  /** A slot is taken: answers the fence of the taking. */
  take(): number {
    return ++this.#fence;
  }

  countOutcome(hasFailed: boolean): void {
    this.#failures = hasFailed ? this.#failures + 1 : 0;
  }

  /** The job as it is now, detached. */
  toRecord(): JobRecord {
    const { id, name, task, trigger, args, metadata, tags, executor, origin, state } = this;
    const { nextFireAt, dueAt, lastFireAt, gen, fence, series, maxInstances, policy } = this;
    const { runCount, failures, definition, formatVersion, createdAt, updatedAt } = this;
    const definedPart = { id, name, task, trigger, args, metadata, tags, executor, origin, state };
    const course = { nextFireAt, dueAt, lastFireAt, gen, fence, series, maxInstances, policy };
    return { ...definedPart, ...course, runCount, failures, definition, formatVersion, createdAt, updatedAt };
  }
}

/** Arguments as the store keeps them: as they are when nobody can change them, else as JSON text. */
export function keepArgs(args: readonly JsonValue[]): readonly JsonValue[] | string {
  if (args.length === 0) return NOTHING;
  const isFlat = args.every((arg) => typeof arg !== 'object' || arg === null);
  return isFlat ? Object.freeze([...args]) : JSON.stringify(args);
}

export function readArgs(kept: readonly JsonValue[] | string): readonly JsonValue[] {
  return typeof kept === 'string' ? (JSON.parse(kept) as JsonValue[]) : kept;
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

function areEqual(one: JobPolicy, other: JobPolicy): boolean {
  if (one === other) return true;
  const keys = Object.keys(one) as (keyof JobPolicy)[];
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]);
}
