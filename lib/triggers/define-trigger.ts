import { isDeepStrictEqual } from 'node:util';
import { SchedulerError } from '../errors/scheduler-error.js';
import { BoundTrigger, type TriggerFrame } from './bound-trigger.js';
import { showError, showValue } from '../errors/show-value.js';
import {
  readWindow,
  type StoredTriggerOptions,
  storeOptions,
  type TriggerOptions,
  WINDOW_OPTIONS,
} from './time-window.js';
import type { BindContext, Trigger, TriggerDefinition } from './trigger.js';
import { InvalidTriggerError } from './trigger-errors.js';
import { type BindValues, checkOptions, compact, type DefinitionData, type TriggerKind } from './trigger-kind.js';

/** A trigger of a kind of your own: pure arithmetic, see {@link Trigger}. @publicApi */
export type CustomTrigger = Omit<Trigger, 'describe'> & Partial<Pick<Trigger, 'describe'>>;

/** What the factory of a kind of your own returns. @publicApi */
export interface CustomTriggerDefinition<Data = unknown> extends TriggerDefinition, StoredTriggerOptions {
  /** What the factory was given, as JSON. */
  readonly data: Data;
}

/** Makes definitions of a kind of your own. @publicApi */
export type TriggerFactory<Data> = (data: Data, options?: TriggerOptions) => CustomTriggerDefinition<Data>;

type FromJson = (data: never, context: BindContext) => CustomTrigger;

/** Names that stored jobs use already. */
const BUILT_IN_KINDS: ReadonlySet<string> = new Set([
  'cron',
  'interval',
  'at',
  'calendarInterval',
  'anyOf',
  'allOf',
  'except',
]);
const WHOLE = 'whole milliseconds';
const NAME = /^[A-Za-z][\w.:-]{0,63}$/;
const customKinds = new Map<string, { readonly kind: TriggerKind; readonly fromJSON: unknown }>();

/** A kind registered by {@link defineTrigger}. */
export function customKind(name: string): TriggerKind | undefined {
  return customKinds.get(name)?.kind;
}

export function customKindNames(): readonly string[] {
  return [...customKinds.keys()];
}

/**
 * Registers a kind of trigger of your own, which is stored, restored and nested like the built-in ones. Call it where the
 * module is loaded, in every process that shares the store: a job of a kind that is not known stays stored and waits.
 * `describeTrigger` of `nestjs-advanced-scheduler/testing` tries whether it keeps the laws of a {@link Trigger}.
 *
 * @param kind its name in the store: letters, digits and `_ . : -`, at most 64.
 * @param fromJSON makes the trigger of what the factory was given, after a round trip through JSON.
 * @returns a factory that takes that data, and `startAt`, `endAt` and `timeZone`.
 * @throws {InvalidTriggerError} for a name that is taken or no name.
 * @example
 * const everySecondFullMoon = defineTrigger('fullMoon', ({ every }: { every: number }) => new FullMoons(every));
 * await scheduler.addJob({ id: 'tide', task: 'tide', trigger: everySecondFullMoon({ every: 2 }) });
 * @publicApi
 */
export function defineTrigger<Data>(
  kind: string,
  fromJSON: (data: Data, context: BindContext) => CustomTrigger,
): TriggerFactory<Data> {
  checkName(kind, fromJSON);
  customKinds.set(kind, { kind: kindOf(kind, fromJSON), fromJSON });
  return (data, options = {}) => {
    const factory = `${kind}()`;
    checkOptions(options, WINDOW_OPTIONS, factory);
    return compact({ kind, version: 1, data: checkData(data, factory) as Data, ...storeOptions(options, factory) });
  };
}

function kindOf(name: string, fromJSON: FromJson): TriggerKind {
  const what = `Trigger '${name}'`;
  return {
    kind: name,
    version: 1,
    properties: new Set(['data', ...WINDOW_OPTIONS]),
    timeZoneOf: ({ timeZone }) => (timeZone as string | undefined) ?? null,
    bind(definition: DefinitionData, { jobId, anchor, timeZone }: BindValues): BoundTrigger {
      const window = readWindow(definition, timeZone, what);
      const context = { jobId, addedAt: new Date(anchor), timeZone };
      return new OwnTrigger(name, { timeZone, window }, make(fromJSON, definition.data, context, what));
    },
    dependsOnZone: () => true,
  };
}

/** Keeps a user's trigger to the laws, so that a mistake in it can't become an endless loop. */
class OwnTrigger extends BoundTrigger {
  readonly #name: string;
  readonly #trigger: CustomTrigger;
  readonly #startAt: number;
  readonly #endAt: number;

  constructor(name: string, frame: Required<TriggerFrame>, trigger: CustomTrigger) {
    super(frame);
    this.#name = name;
    this.#trigger = trigger;
    this.#startAt = frame.window?.startAt ?? -Infinity;
    this.#endAt = Math.min(frame.window?.endAt ?? Infinity, this.#ownEnd());
    if (typeof trigger.count === 'function') {
      this.count = (from, to) => {
        const [first, last] = [Math.max(from, this.#startAt), Math.min(to, this.#endAt)];
        return first > last ? 0 : this.#count(first, last);
      };
    }
  }

  override get endAt(): number | undefined {
    return this.#endAt === Infinity ? undefined : this.#endAt;
  }

  /** It was given the job id. */
  override get isSeeded(): boolean {
    return true;
  }

  /** It may ask triggers of ours. */
  override get mayGiveUp(): boolean {
    return true;
  }

  /** It does not tell how far a search has got. */
  override emptyUntil(after: number): number {
    return after;
  }

  next(after: number): number | null {
    const from = Math.max(after, this.#startAt - 1);
    const fire = this.#trigger.next(from);
    if (fire === null) return null;
    if (!Number.isSafeInteger(fire) || fire <= from)
      throw this.#broken(`next(${from})`, fire, `${WHOLE} after its argument, or null`);
    return fire <= this.#endAt ? fire : null;
  }

  previous(before: number): number | null {
    const until = Math.min(before, this.#endAt + 1);
    const fire = this.#trigger.previous(until);
    if (fire === null) return null;
    if (!Number.isSafeInteger(fire) || fire >= until)
      throw this.#broken(`previous(${until})`, fire, `${WHOLE} before its argument, or null`);
    return fire >= this.#startAt ? fire : null;
  }

  protected describeFires(): string {
    return this.#trigger.describe?.() ?? this.#name;
  }

  #ownEnd(): number {
    const { endAt = Infinity } = this.#trigger;
    if (endAt === Infinity || Number.isSafeInteger(endAt)) return endAt;
    throw this.#broken('endAt', endAt, `${WHOLE}, or undefined`);
  }

  #count(from: number, to: number): number {
    const count = this.#trigger.count?.(from, to);
    if (count !== undefined && Number.isSafeInteger(count) && count >= 0) return count;
    throw this.#broken(`count(${from}, ${to})`, count, 'the number of fires, 0 or more');
  }

  #broken(call: string, answer: unknown, rule: string): InvalidTriggerError {
    return new InvalidTriggerError(
      `Trigger '${this.#name}'`,
      `${call} answered ${showValue(answer)}. It must be ${rule}.`,
    );
  }
}

function make(fromJSON: FromJson, data: unknown, context: BindContext, what: string): CustomTrigger {
  let trigger: CustomTrigger | null | undefined;
  try {
    trigger = fromJSON(data as never, context);
  } catch (error) {
    if (error instanceof SchedulerError) throw error;
    throw new InvalidTriggerError(what, `fromJSON refused ${showValue(data)}: ${showError(error)}`);
  }
  if (typeof trigger?.next === 'function' && typeof trigger.previous === 'function') return trigger;
  throw new InvalidTriggerError(what, 'fromJSON must return an object with next() and previous().');
}

function checkName(kind: unknown, fromJSON: unknown): asserts kind is string {
  if (typeof kind !== 'string' || !NAME.test(kind)) {
    throw new InvalidTriggerError('defineTrigger()', `${showValue(kind)} is no name for a kind.`);
  }
  if (typeof fromJSON !== 'function') {
    throw new InvalidTriggerError('defineTrigger()', `fromJSON must be a function, not ${showValue(fromJSON)}.`);
  }
  const known = customKinds.get(kind);
  const isTaken = known !== undefined && known.fromJSON !== fromJSON;
  if (isTaken || BUILT_IN_KINDS.has(kind)) {
    throw new InvalidTriggerError('defineTrigger()', `the kind '${kind}' is defined already.`);
  }
}

/** What a round trip through JSON makes of the data, which must be the same. */
function checkData(data: unknown, what: string): unknown {
  let copy: unknown;
  try {
    copy = JSON.parse(JSON.stringify(data)) as unknown;
  } catch {
    throw new InvalidTriggerError(what, `${showValue(data)} is no JSON.`);
  }
  if (isDeepStrictEqual(copy, data)) return copy;
  throw new InvalidTriggerError(what, `${showValue(data)} would not survive JSON. Give plain data.`);
}
