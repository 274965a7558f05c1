import { describe, expect, it } from 'vitest';
import { type CustomTrigger, defineTrigger } from '../../lib/triggers/define-trigger.js';
import { anyOf, cron, except } from '../../lib/triggers/factories.js';
import { StoredTrigger } from '../../lib/triggers/stored-trigger.js';
import { bind, firesBetween, isoText } from './fires.js';

const DAY = 86_400_000;
const FROM = Date.parse('2027-01-01T00:00:00Z');

class Powers implements CustomTrigger {
  readonly #base: number;

  constructor({ base }: { base: number }) {
    this.#base = base;
  }

  next(after: number): number | null {
    if (after < FROM) return FROM;
    let fire = FROM + DAY;
    for (let power = this.#base; fire <= after; power *= this.#base) fire = FROM + power * DAY;
    return fire;
  }

  previous(before: number): number | null {
    let last: number | null = null;
    for (let fire = this.next(-Infinity); fire !== null && fire < before; fire = this.next(fire)) last = fire;
    return last;
  }
}

const powers = defineTrigger('test:powers', (data: { base: number }) => new Powers(data));

describe('defineTrigger', () => {
  it('makes definitions of plain data', () => {
    expect(powers({ base: 2 }, { endAt: '2027-02-01', timeZone: 'Asia/Tokyo' })).toEqual({
      kind: 'test:powers',
      version: 1,
      data: { base: 2 },
      endAt: '2027-02-01',
      timeZone: 'Asia/Tokyo',
    });
  });

  it('fires as the user says, within the bounds', () => {
    const trigger = bind(powers({ base: 2 }, { startAt: '2027-01-02', endAt: '2027-01-09' }));
    expect(firesBetween(trigger, 0, Infinity).map((fire) => isoText(fire).slice(0, 10))).toEqual([
      '2027-01-02',
      '2027-01-03',
      '2027-01-05',
      '2027-01-09',
    ]);
    expect(trigger.previous(FROM + DAY)).toBeNull();
    expect(trigger.previous(Infinity)).toBe(FROM + 8 * DAY);
  });

  it('is stored, restored and nested like the built-in kinds', () => {
    const stored = StoredTrigger.of(anyOf(except(powers({ base: 3 }), '2027-01-04'), cron('0 0 6 1 *')), {
      addedAt: FROM,
      timeZone: 'UTC',
    });
    const restored = StoredTrigger.fromJSON(JSON.parse(JSON.stringify(stored)));
    expect(firesBetween(restored.bind('job'), FROM, FROM + 20 * DAY)).toEqual(
      [0, 1, 5, 9].map((days) => FROM + days * DAY),
    );
  });

  it('is told the job, the zone and when it was added', () => {
    const seen: unknown[] = [];
    const curious = defineTrigger('test:curious', (_data: null, context) => {
      seen.push(context);
      return { next: () => null, previous: () => null };
    });
    bind(curious(null), 'Asia/Tokyo', 'some-job');
    expect(seen).toEqual([{ jobId: 'some-job', addedAt: new Date(FROM), timeZone: 'Asia/Tokyo' }]);
  });

  it('keeps a mistake from becoming an endless loop', () => {
    const broken = defineTrigger('test:broken', ({ answer }: { answer: number | string }) => ({
      next: () => answer as number,
      previous: () => answer as number,
    }));
    for (const answer of [5, 5.5, 'soon']) {
      expect(() => bind(broken({ answer })).next(10)).toThrow('next(10) answered');
      expect(() => bind(broken({ answer })).previous(1)).toThrow('previous(1) answered');
    }
    expect(bind(broken({ answer: 11 })).next(10)).toBe(11);
  });

  it('counts as the user says, within the bounds, and refuses what is no number of fires', () => {
    const counted = defineTrigger('test:counted', ({ answer }: { answer: number | string | null }) => ({
      next: () => null,
      previous: () => null,
      count: (from, to) => (answer === 'span' ? to - from : (answer ?? NaN)) as number,
    }));
    expect(bind(counted({ answer: 'span' }, { endAt: '1970-01-01T00:00:01Z' })).count?.(0, 5_000)).toBe(1_000);
    for (const answer of [-3, 1.5, null, 'many']) {
      expect(() => bind(counted({ answer })).count?.(0, 10)).toThrow(
        /'test:counted': count\(0, 10\) answered .* number of fires/,
      );
    }
  });

  it('ends where the user says, too', () => {
    const ending = defineTrigger('test:ending', ({ endAt }: { endAt: number | string }) => ({
      next: (after) => after + 1,
      previous: (before) => before - 1,
      endAt: endAt as number,
    }));
    const trigger = bind(ending({ endAt: 1_000 }, { endAt: '1970-01-01T00:00:05Z' }));
    expect(trigger.endAt).toBe(1_000);
    expect(trigger.next(999)).toBe(1_000);
    expect(trigger.next(1_000)).toBeNull();
    expect(trigger.previous(5_000)).toBe(1_000);
    expect(bind(ending({ endAt: 9_000 }, { endAt: '1970-01-01T00:00:05Z' })).endAt).toBe(5_000);
    expect(() => bind(ending({ endAt: 'soon' }))).toThrow("'test:ending': endAt answered 'soon'");
  });

  it('describes itself by its own words, or by its name', () => {
    const own = defineTrigger('test:worded', () => ({
      next: () => null,
      previous: () => null,
      describe: () => 'at full moon',
    }));
    expect(bind(own({}), 'Asia/Tokyo').describe()).toBe('at full moon (Asia/Tokyo)');
    expect(bind(powers({ base: 2 })).describe()).toBe('test:powers (UTC)');
  });

  it.each(['', ' ', 'a b', '1a', 'ü', 'x'.repeat(65), 'cron', 'anyOf', 5, null])('refuses the name %j', (name) => {
    expect(() => defineTrigger(name as string, () => new Powers({ base: 2 }))).toThrow(
      expect.objectContaining({ code: 'INVALID_TRIGGER' }),
    );
  });

  it('refuses a name that another trigger has, and takes the same one again', () => {
    const make = (): CustomTrigger => new Powers({ base: 2 });
    defineTrigger('test:again', make);
    expect(() => defineTrigger('test:again', make)).not.toThrow();
    expect(() => defineTrigger('test:again', () => new Powers({ base: 2 }))).toThrow('is defined already');
  });

  it.each([[{ when: new Date() }], [new Map()], [undefined], [() => 5], [{ a: undefined }], [5n], [NaN]])(
    'refuses data that JSON does not carry: %s',
    (data) => {
      expect(() => powers(data as never)).toThrow(expect.objectContaining({ code: 'INVALID_TRIGGER' }));
    },
  );

  it('tells what fromJSON refuses, and what it returns instead of a trigger', () => {
    const refusing = defineTrigger('test:refusing', () => {
      throw new RangeError('no such moon');
    });
    expect(() => bind(refusing({}))).toThrow('no such moon');
    const empty = defineTrigger('test:empty', () => ({}) as CustomTrigger);
    expect(() => bind(empty({}))).toThrow('must return an object with next() and previous()');
  });
});
