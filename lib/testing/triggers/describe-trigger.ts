import assert from 'node:assert/strict';
import { InvalidOptionError } from '../../engine/engine-errors.js';
import { isObject } from '../../errors/object-kinds.js';
import { showValue } from '../../errors/show-value.js';
import { assertKnownKeys } from '../../jobs/known-keys.js';
import { bindTrigger } from '../../triggers/bind-trigger.js';
import { parseInstant, type InstantInput } from '../../triggers/instant.js';
import type { Trigger, TriggerDefinition } from '../../triggers/trigger.js';
import type { TestFramework } from '../test-framework.js';
import { known, patiently } from './patiently.js';
import { Samples } from './samples.js';
import { brokenBetweenFires, brokenLaws } from './trigger-laws.js';

/** How {@link describeTrigger} looks at a trigger. @publicApi */
export interface DescribeTriggerOptions {
  /** The zone of definitions that name none. Default `'UTC'`. */
  readonly timeZone?: string;
  /** The first instant to ask about; a text without an offset is in UTC. Default: the beginning of 2020. */
  readonly from?: InstantInput;
  /** The last one. Default: the end of 2039. */
  readonly to?: InstantInput;
  /** How many instants to ask about, 1 or more. Default 300. */
  readonly instants?: number;
}

/** What the laws are tried with. */
interface Trial {
  readonly definition: TriggerDefinition;
  readonly timeZone: string;
  readonly from: number;
  readonly to: number;
  readonly instants: number;
}

const SEED = 20300101;
const ADDED_AT = new Date('2025-01-01T00:00:00Z');
/** So many fires in a row are counted one by one. */
const COUNTED = 40;

/**
 * A suite for triggers: what `defineTrigger` promises to the scheduler in your name. Each definition is asked about
 * instants between `from` and `to`, the same in every run, and about the surroundings of fires.
 *
 * @param definitions at least one; give those that differ in kind: with and without bounds, rare and often
 * @param framework the functions `describe` and `it` of Vitest, Jest or `node:test`
 * @throws {InvalidOptionError | InvalidJobOptionError | InvalidInstantError} for wrong options
 * @throws {InvalidTriggerError} in the tests, for what is no definition
 * @example
 * describeTrigger('fullMoon', [fullMoon({ every: 1 }), fullMoon({ every: 2 })], { describe, it });
 * @publicApi
 */
export function describeTrigger(
  name: string,
  definitions: readonly TriggerDefinition[],
  framework: TestFramework,
  options: DescribeTriggerOptions = {},
): void {
  const { describe, it } = assertFramework(framework);
  const trials = trialsOf(definitions, options);
  const each = (law: string, check: (trial: Trial) => void): void => {
    for (const [index, trial] of trials.entries()) {
      it(trials.length === 1 ? law : `${law} (definitions[${index}])`, () => check(trial));
    }
  };
  describe(`${name} as a trigger`, () => {
    each('goes forward with next and back with previous', keepsOrder);
    each('leaves out nothing between a fire and its successor', leavesOutNothing);
    each('has no fire after the last, and none before the first', endsForGood);
    each('answers the same whatever was asked before', remembersNothing);
    each('is the same after a round trip through JSON', survivesJson);
    each('counts what next finds', countsFires);
    each('has no fire after its endAt', keepsItsEnd);
    each('describes itself', describesItself);
  });
}

function keepsOrder(trial: Trial): void {
  const trigger = bind(trial);
  for (const instant of instantsOf(trial, trigger)) assertNoneBroken(brokenLaws(trigger, instant), instant);
}

function leavesOutNothing(trial: Trial): void {
  const trigger = bind(trial);
  const samples = new Samples(SEED + 1);
  for (const instant of instantsOf(trial, trigger)) {
    assertNoneBroken(brokenBetweenFires(trigger, instant, samples.share()), instant);
  }
}

function endsForGood(trial: Trial): void {
  const trigger = bind(trial);
  const instants = instantsOf(trial, trigger).toSorted((one, other) => one - other);
  const firstWithoutNext = instants.find((instant) => known(() => trigger.next(instant)) === null) ?? Infinity;
  const lastWithoutPrevious = instants.findLast((one) => known(() => trigger.previous(one)) === null) ?? -Infinity;
  for (const instant of instants) {
    const next = known(() => trigger.next(instant));
    const previous = known(() => trigger.previous(instant));
    const isOver = instant >= firstWithoutNext;
    assert.ok(
      !isOver || next == null,
      `next(${text(instant)}) is a fire, though next answered null for an earlier one`,
    );
    const hasBegun = instant > lastWithoutPrevious;
    assert.ok(
      hasBegun || previous == null,
      `previous(${text(instant)}) is a fire, though previous answered null for a later one`,
    );
  }
}

function remembersNothing(trial: Trial): void {
  const asked = bind(trial);
  const instants = instantsOf(trial, asked);
  const ask = (trigger: Trigger, instant: number): readonly unknown[] => [
    known(() => trigger.next(instant)),
    known(() => trigger.previous(instant)),
  ];
  const answers = instants.map((instant) => ask(asked, instant));
  const again = instants
    .toReversed()
    .map((instant) => ask(asked, instant))
    .toReversed();
  const fresh = bind(trial);
  const others = instants.map((instant) => ask(fresh, instant));
  for (const [index, instant] of instants.entries()) {
    assertSame(again[index], answers[index], `at ${text(instant)}, asked again in another order`);
    assertSame(others[index], answers[index], `at ${text(instant)}, asked of a trigger bound anew`);
  }
}

function survivesJson(trial: Trial): void {
  const trigger = bind(trial);
  const copy = bind({ ...trial, definition: JSON.parse(JSON.stringify(trial.definition)) as TriggerDefinition });
  assert.equal(copy.describe(), trigger.describe());
  for (const instant of instantsOf(trial, trigger)) {
    const [fire, fireOfCopy] = [trigger, copy].map((each) => known(() => each.next(instant)));
    assertSame([fireOfCopy], [fire], `next(${text(instant)}) of the copy`);
  }
}

function countsFires(trial: Trial): void {
  const trigger = bind(trial);
  // Without it whoever needs the number walks the fires.
  if (!trigger.count) return;
  const count = trigger.count.bind(trigger);
  for (const instant of instantsOf(trial, trigger)) {
    const fires: number[] = [];
    let fire = known(() => trigger.next(instant));
    for (; fire != null && fires.length < COUNTED; fire = known(() => trigger.next(fire as number))) fires.push(fire);
    const last = fires.at(-1) ?? instant;
    const counted = patiently(() => count(instant + 1, last));
    assert.equal(counted, fires.length, `count(${text(instant + 1)}, ${text(last)})`);
    if (fires.length === 0) continue;
    assert.equal(
      patiently(() => count(instant + 1, last - 1)),
      fires.length - 1,
      `count(${text(instant + 1)}, ${text(last - 1)}), without the last of them`,
    );
  }
}

function keepsItsEnd(trial: Trial): void {
  const trigger = bind(trial);
  const { endAt } = trigger;
  if (endAt === undefined) return;
  assert.equal(known(() => trigger.next(endAt)) ?? null, null, `next(endAt), which is ${text(endAt)}`);
  for (const instant of instantsOf(trial, trigger)) {
    const fire = known(() => trigger.next(instant)) ?? -Infinity;
    assert.ok(fire <= endAt, `next(${text(instant)}) is ${text(fire)}, after endAt, ${text(endAt)}`);
  }
}

function describesItself(trial: Trial): void {
  assert.match(bind(trial).describe(), /\S/, 'describe()');
}

function bind({ definition, timeZone }: Trial): Trigger {
  return bindTrigger(definition, { jobId: 'job', addedAt: ADDED_AT, timeZone });
}

/** Some anywhere, and some at fires and around them, where mistakes of one millisecond are. */
function instantsOf({ from, to, instants }: Trial, trigger: Trigger): readonly number[] {
  const samples = new Samples(SEED);
  return Array.from({ length: instants }, (_, n) => {
    const instant = samples.between(from, to);
    if (n % 2 === 0) return instant;
    const fire = known(() => trigger.next(instant)) ?? instant;
    return fire + samples.between(-1, 1);
  });
}

function trialsOf(definitions: readonly TriggerDefinition[], options: DescribeTriggerOptions): readonly Trial[] {
  assertKnownKeys(options, ['timeZone', 'from', 'to', 'instants'], 'describeTrigger');
  if (!Array.isArray(definitions) || definitions.length === 0) {
    throw new InvalidOptionError(
      `describeTrigger takes a list of one definition or more, such as [fullMoon({ every: 1 })], got ${showValue(definitions)}.`,
    );
  }
  const { timeZone = 'UTC', from = '2020-01-01', to = '2039-12-31', instants = 300 } = options;
  const [first, last] = [instantOf(from, 'from', 'start'), instantOf(to, 'to', 'end')];
  if (first >= last) throw new InvalidOptionError('describeTrigger: "from" must lie before "to".');
  if (!Number.isSafeInteger(instants) || instants < 1) {
    throw new InvalidOptionError(
      `describeTrigger: instants must be a whole number from 1 on, got ${showValue(instants)}.`,
    );
  }
  return (definitions as readonly TriggerDefinition[]).map((definition) => ({
    definition,
    timeZone,
    from: first,
    to: last,
    instants,
  }));
}

function instantOf(input: InstantInput, name: string, bareDateMeans: 'start' | 'end'): number {
  return parseInstant(input, { timeZone: 'UTC', what: `describeTrigger: ${name}`, bareDateMeans });
}

function assertFramework(framework: unknown): TestFramework {
  const { describe, it }: Partial<Record<string, unknown>> = isObject(framework) ? framework : {};
  if (typeof describe === 'function' && typeof it === 'function') return framework as TestFramework;
  throw new InvalidOptionError('describeTrigger takes { describe, it } of your test framework as its third argument.');
}

function assertNoneBroken(laws: readonly string[], instant: number): void {
  assert.deepEqual(laws, [], `Broken at t = ${text(instant)}: ${laws.join('; ')}`);
}

/** One who has given up a search knows nothing, and contradicts nobody. */
function assertSame(some: readonly unknown[] = [], others: readonly unknown[] = [], what: string): void {
  for (const [index, one] of some.entries()) {
    const other = others[index];
    if (one !== undefined && other !== undefined) assert.equal(one, other, what);
  }
}

function text(instant: number): string {
  return Number.isFinite(instant) ? new Date(instant).toISOString() : String(instant);
}
