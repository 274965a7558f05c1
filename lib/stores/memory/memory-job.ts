import type { JobOrigin, JobPolicy, JobRecord, JobState, PauseReason } from '../../jobs/job-record.js';
import type { JsonObject, JsonValue } from '../../jobs/json.js';
import type { StoredTrigger } from '../../triggers/stored-trigger.js';
import { COURSE, CourseTable } from './course-table.js';

const NOTHING: readonly never[] = Object.freeze([]);

/**
 * A stored job. What a fire changes is changed in place, in the {@link CourseTable}; every other change installs a new
 * object.
 *
 * Arguments and metadata are the store's own: objects in them are kept as JSON text and made anew for each reader.
 */
export class MemoryJob implements JobRecord {
  readonly id: string;
  readonly name: string;
  readonly task: string;
  readonly trigger: StoredTrigger;
  readonly tags: readonly string[];
  readonly executor: string;
  readonly origin: JobOrigin;
  readonly series: number;
  readonly maxInstances: number;
  readonly policy: JobPolicy;
  readonly pauseReason: PauseReason | null;
  readonly definition: string;
  readonly formatVersion: number;
  readonly #args: readonly JsonValue[] | string;
  readonly #metadata: string | null;
  #courses: CourseTable;
  #at: number;
  #state: JobState;
  #runCount: number;
  #failures: number;

  /** @param lookalike a job whose policy is shared when it is equal */
  constructor(record: JobRecord, courses: CourseTable, slot: number, lookalike: JobRecord | null) {
    this.id = record.id;
    this.name = record.name;
    this.task = record.task;
    this.trigger = record.trigger;
    this.tags = record.tags.length === 0 ? NOTHING : Object.freeze([...record.tags]);
    this.executor = record.executor;
    this.origin = record.origin;
    this.series = record.series;
    this.maxInstances = record.maxInstances;
    this.policy = lookalike && areEqual(lookalike.policy, record.policy) ? lookalike.policy : { ...record.policy };
    this.pauseReason = record.pauseReason;
    this.definition = record.definition;
    this.formatVersion = record.formatVersion;
    this.#args = keepArgs(record.args);
    this.#metadata = record.metadata && JSON.stringify(record.metadata);
    this.#courses = courses;
    this.#at = CourseTable.offset(slot);
    this.#state = record.state;
    this.#runCount = record.runCount;
    this.#failures = record.failures;
    this.#set(COURSE.nextFireAt, record.nextFireAt ?? NaN);
    this.#set(COURSE.dueAt, record.dueAt ?? NaN);
    this.#set(COURSE.lastFireAt, record.lastFireAt ?? NaN);
    this.#set(COURSE.fence, record.fence);
    this.#set(COURSE.gen, record.gen);
    this.#set(COURSE.createdAt, record.createdAt);
    this.#set(COURSE.updatedAt, record.updatedAt);
  }

  /** Reads its first and last fields and its arguments, for {@link JobTable.show}. */
  touch(): number {
    return this.formatVersion + this.#failures + this.#args.length;
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
    return orNull(this.#get(COURSE.nextFireAt));
  }

  get dueAt(): number | null {
    return orNull(this.#get(COURSE.dueAt));
  }

  get lastFireAt(): number | null {
    return orNull(this.#get(COURSE.lastFireAt));
  }

  get gen(): number {
    return this.#get(COURSE.gen);
  }

  get fence(): number {
    return this.#get(COURSE.fence);
  }

  get createdAt(): number {
    return this.#get(COURSE.createdAt);
  }

  get updatedAt(): number {
    return this.#get(COURSE.updatedAt);
  }

  get runCount(): number {
    return this.#runCount;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Whether the job still is what a peek has shown, and due. */
  isDueAs(nextFireAt: number, gen: number, fence: number, now: number): boolean {
    const { values } = this.#courses;
    const at = this.#at;
    return (
      values[at + COURSE.nextFireAt] === nextFireAt &&
      values[at + COURSE.fence] === fence &&
      values[at + COURSE.gen] === gen &&
      (values[at + COURSE.dueAt] as number) <= now &&
      this.#state === 'active'
    );
  }

  /** Whether the slot was decided about before. */
  isBehind(slot: number): boolean {
    return slot <= this.#get(COURSE.lastFireAt);
  }

  /** A fire has been decided: the next one, the high-water mark, and how many runs came of it. */
  advance(nextFireAt: number | null, nextDueAt: number | null, lastFireAt: number, dispatched: number): void {
    this.#set(COURSE.nextFireAt, nextFireAt ?? NaN);
    this.#set(COURSE.dueAt, nextDueAt ?? NaN);
    if (!this.isBehind(lastFireAt)) this.#set(COURSE.lastFireAt, lastFireAt);
    this.#runCount += dispatched;
    if (nextFireAt === null) this.#state = 'finished';
  }

  /** A slot is taken: answers the fence of the taking. */
  take(): number {
    const fence = this.#get(COURSE.fence) + 1;
    this.#set(COURSE.fence, fence);
    return fence;
  }

  noteFailures(failures: number): void {
    this.#failures = failures;
  }

  /** A record of slots up to `slot` is made under this id. */
  noteSlot(slot: number): void {
    if (slot > this.#get(COURSE.latestSlot)) this.#set(COURSE.latestSlot, slot);
  }

  /** `false`: no record of this slot or a later one was ever made under this id, so none needs to be looked for. */
  mayHaveRecordOf(slot: number): boolean {
    return slot <= this.#get(COURSE.latestSlot);
  }

  /** Something else takes its place in the table. Whoever holds it sees it as it was. */
  detach(): void {
    this.#courses = this.#courses.detach(this.#at);
    this.#at = 0;
  }

  /** The job as it is now, detached. */
  toRecord(): JobRecord {
    return {
      id: this.id,
      name: this.name,
      task: this.task,
      trigger: this.trigger,
      args: this.args,
      metadata: this.metadata,
      tags: this.tags,
      executor: this.executor,
      origin: this.origin,
      state: this.#state,
      nextFireAt: this.nextFireAt,
      dueAt: this.dueAt,
      lastFireAt: this.lastFireAt,
      gen: this.gen,
      fence: this.fence,
      series: this.series,
      maxInstances: this.maxInstances,
      policy: this.policy,
      runCount: this.#runCount,
      failures: this.#failures,
      pauseReason: this.pauseReason,
      definition: this.definition,
      formatVersion: this.formatVersion,
      createdAt: this.createdAt,
      updatedAt: this.updatedAt,
    };
  }

  toJSON(): JobRecord {
    return this.toRecord();
  }

  #get(field: number): number {
    return this.#courses.values[this.#at + field] as number;
  }

  #set(field: number, value: number): void {
    this.#courses.values[this.#at + field] = value;
  }
}

/** Arguments as the store keeps them: as they are when nobody can change them, else as JSON text. */
export function keepArgs(args: readonly JsonValue[]): readonly JsonValue[] | string {
  if (args.length === 0) return NOTHING;
  const isFlat = args.every((arg) => typeof arg !== 'object' || arg === null);
  if (!isFlat) return JSON.stringify(args);
  return Object.isFrozen(args) ? args : Object.freeze([...args]);
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
