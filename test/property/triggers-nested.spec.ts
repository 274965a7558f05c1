import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allOf, anyOf, cron, except, interval } from '../../lib/triggers/factories.js';
import type { Trigger, TriggerDefinition } from '../../lib/triggers/trigger.js';
import { bind, firesBetween, isoText, patiently } from '../triggers/fires.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2027, 2, 10);
const LENGTH = 36 * HOUR;
const END = START + LENGTH;
/** As far as a chain of thresholds goes. */
const BEYOND = END + 48 * HOUR;

/** A definition, and its fires in `[START, BEYOND]` as they follow from those of its parts, each looked at by itself. */
interface Case {
  readonly definition: TriggerDefinition;
  readonly fires: ReadonlySet<number>;
}

const simple = (definition: TriggerDefinition): Case => ({
  definition,
  fires: new Set(firesBetween(bind(definition), START, BEYOND + 1)),
});
const anyCron = fc
  .tuple(fc.constantFrom('0', '55', '14', '*/20', '7-59/25'), fc.constantFrom('*', '8', '*/5', '9,21', '2-22/4'))
  .map(([minute, hour]) => simple(cron(`${minute} ${hour} * * *`)));
const anyInterval = fc
  .tuple(fc.constantFrom(7, 25, 90, 700), fc.integer({ min: 0, max: 600 }), fc.integer({ min: 1, max: 5 }))
  .map(([every, first, times]) => {
    const startAt = START + first * MINUTE;
    const endAt = new Date(startAt + every * times * MINUTE + MINUTE);
    return simple(interval({ minutes: every }, { startAt: new Date(startAt), endAt }));
  });
const anyThreshold = fc.constantFrom(0, MINUTE, 30 * MINUTE, 3 * HOUR, 12 * HOUR);

function unionOf(cases: readonly Case[]): Case {
  return {
    definition: anyOf(...cases.map(({ definition }) => definition)),
    fires: new Set(cases.flatMap(({ fires }) => [...fires])),
  };
}

function meetingOf(cases: readonly Case[], threshold: number): Case {
  const fires = new Set<number>();
  const sorted = cases.map((each) => [...each.fires].sort((a, b) => a - b));
  for (const fire of sorted.flat()) {
    if (sorted.every((all) => all.some((other) => other >= fire && other - fire <= threshold))) fires.add(fire);
  }
  return { definition: allOf(...cases.map(({ definition }) => definition), { threshold }), fires };
}

function restOf(all: Case, others: readonly Case[]): Case {
  return {
    definition: except(all.definition, ...others.map(({ definition }) => definition)),
    fires: new Set([...all.fires].filter((fire) => !others.some(({ fires }) => fires.has(fire)))),
  };
}

const { nested: anyNested } = fc.letrec<{ nested: Case }>((tie) => ({
  nested: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.oneof(anyCron, anyInterval),
    fc.array(tie('nested'), { minLength: 2, maxLength: 3 }).map(unionOf),
    // What passes a limit on to a search is a union with something simple.
    fc
      .tuple(anyCron, fc.array(tie('nested'), { minLength: 2, maxLength: 3 }), anyThreshold)
      .map(([other, cases, threshold]) => unionOf([other, meetingOf(cases, threshold)])),
    fc
      .tuple(fc.array(tie('nested'), { minLength: 2, maxLength: 3 }), anyThreshold)
      .map(([cases, threshold]) => meetingOf(cases, threshold)),
    fc
      .tuple(tie('nested'), fc.array(tie('nested'), { minLength: 1, maxLength: 2 }))
      .map(([all, others]) => restOf(all, others)),
  ),
}));
const anyQuestion = fc.tuple(
  fc.constantFrom('next' as const, 'previous' as const),
  fc.integer({ min: -10, max: LENGTH / MINUTE + 10 }).map((minutes) => START + minutes * MINUTE),
);

/** Within two days, so that it is known what comes and that nothing does. */
function bounded({ definition }: Case): TriggerDefinition {
  return anyOf(definition, { startAt: new Date(START), endAt: new Date(END) });
}

function expectedOf(sorted: readonly number[], way: 'next' | 'previous', instant: number): number | null {
  const found = way === 'next' ? sorted.find((each) => each > instant) : sorted.findLast((each) => each < instant);
  return found ?? null;
}

const answerOf = (trigger: Trigger, way: 'next' | 'previous', instant: number): string => {
  const fire = patiently(() => trigger[way](instant));
  return fire === null ? 'none' : isoText(fire);
};

describe('triggers in triggers', { timeout: 180_000 }, () => {
  it('fire when their parts say so, whichever way and in whatever order they are asked', () => {
    fc.assert(
      fc.property(anyNested, fc.array(anyQuestion, { minLength: 2, maxLength: 40 }), (nested, questions) => {
        const trigger = bind(bounded(nested));
        const sorted = [...nested.fires].filter((fire) => fire >= START && fire <= END).sort((a, b) => a - b);
        for (const [way, instant] of questions) {
          const expected = expectedOf(sorted, way, instant);
          const answer = answerOf(trigger, way, instant);
          expect(`${way} ${answer}`).toBe(`${way} ${expected === null ? 'none' : isoText(expected)}`);
          expect(answerOf(bind(bounded(nested)), way, instant)).toBe(answer);
        }
      }),
      { numRuns: 1_500 },
    );
  });
});
