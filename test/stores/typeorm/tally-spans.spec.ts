import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY, DAY_MS, HOUR, hoursKeptFrom, rangeOf, spansOf } from '../../../lib/stores/typeorm/tally-spans.js';

const at = (text: string): number => Date.parse(text);
const NOW = at('2030-03-10T10:20:30Z');
const iso = (range: ReturnType<typeof rangeOf>) =>
  [range.from, range.daysFrom, range.daysTo, range.to].map((instant) => new Date(instant).toISOString().slice(5, 16));

describe('the time that figures are told of', () => {
  it('is whole hours since the beginning of yesterday', () => {
    expect(iso(rangeOf({ from: at('2030-03-09T01:10Z'), to: at('2030-03-09T03:50Z') }, NOW))).toEqual([
      '03-09T01:00',
      '03-09T04:00',
      '03-09T04:00',
      '03-09T04:00',
    ]);
  });

  it('is whole days before that', () => {
    expect(iso(rangeOf({ from: at('2030-03-05T01:10Z'), to: at('2030-03-07T03:50Z') }, NOW))).toEqual([
      '03-05T00:00',
      '03-05T00:00',
      '03-08T00:00',
      '03-08T00:00',
    ]);
  });

  it('ends now, with the whole of today as far as it has come', () => {
    expect(iso(rangeOf({ from: at('2030-03-09T10:20:30Z'), to: NOW + 1 }, NOW))).toEqual([
      '03-09T10:00',
      '03-10T00:00',
      '03-11T00:00',
      '03-10T10:20',
    ]);
    expect(rangeOf({ from: 0, to: Infinity }, NOW)).toMatchObject({ from: 0, daysFrom: 0, to: NOW });
  });

  it('covers what is asked for, each instant by one day or one hour that is kept', () => {
    const instant = fc.integer({ min: NOW - 6 * DAY_MS, max: NOW + DAY_MS });
    fc.assert(
      fc.property(instant, instant, instant, (one, other, ended) => {
        fc.pre(one !== other && ended <= NOW);
        const query = { from: Math.min(one, other), to: Math.max(one, other) };
        const { from, daysFrom, daysTo, to, until } = rangeOf(query, NOW);
        fc.pre(query.from < NOW);
        expect(from).toBeLessThanOrEqual(query.from);
        expect(to).toBeGreaterThanOrEqual(Math.min(query.to, NOW));
        const read = spansOf(ended).filter(({ span, since }) =>
          span === DAY
            ? since >= daysFrom && since < daysTo
            : (since >= from && since < daysFrom) || (since >= daysTo && since < to),
        );
        expect(read).toHaveLength(ended >= from && ended <= until ? 1 : 0);
        for (const { span, since } of read) if (span === HOUR) expect(since).toBeGreaterThanOrEqual(hoursKeptFrom(NOW));
      }),
    );
  });
});
