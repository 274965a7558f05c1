import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DAY,
  DAY_MS,
  HOUR,
  hoursKeptFrom,
  QUARTER,
  rangeOf,
  spansOf,
} from '../../../lib/stores/typeorm/tally-spans.js';

const at = (text: string): number => Date.parse(text);
const HOUR_MS = DAY_MS / 24;
const NOW = at('2030-03-10T10:20:30Z');
const iso = ({ from, to }: ReturnType<typeof rangeOf>) =>
  [from, to].map((instant) => new Date(instant).toISOString().slice(5, 16));

describe('the time that figures are told of', () => {
  it('is whole hours since the beginning of yesterday', () => {
    expect(iso(rangeOf({ from: at('2030-03-09T01:10Z'), to: at('2030-03-09T03:50Z') }, NOW))).toEqual([
      '03-09T01:00',
      '03-09T04:00',
    ]);
  });

  it('is whole days before that', () => {
    expect(iso(rangeOf({ from: at('2030-03-05T01:10Z'), to: at('2030-03-07T03:50Z') }, NOW))).toEqual([
      '03-05T00:00',
      '03-08T00:00',
    ]);
  });

  it('ends now', () => {
    expect(iso(rangeOf({ from: at('2030-03-09T10:20:30Z'), to: NOW + 1 }, NOW))).toEqual([
      '03-09T10:00',
      '03-10T10:20',
    ]);
    expect(rangeOf({ from: 0, to: Infinity }, NOW)).toMatchObject({ from: 0, to: NOW });
  });

  it('is covered by few spans: a day by nine at most, and one more for each day', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: DAY_MS }), fc.integer({ min: 1, max: 7 }), (offset, days) => {
        const now = NOW + offset;
        const { bounds } = rangeOf({ from: now - days * DAY_MS, to: now + 1 }, now);
        const lengths = [HOUR_MS, 6 * HOUR_MS, DAY_MS, 6 * HOUR_MS, HOUR_MS];
        const spans = lengths.reduce(
          (sum, length, i) => sum + ((bounds[i + 1] as number) - (bounds[i] as number)) / length,
          0,
        );
        expect(spans).toBeLessThanOrEqual(9 + days - 1);
      }),
    );
  });

  it('covers what is asked for, each instant by one span that is kept', () => {
    const instant = fc.integer({ min: NOW - 6 * DAY_MS, max: NOW + DAY_MS });
    fc.assert(
      fc.property(instant, instant, instant, (one, other, ended) => {
        fc.pre(one !== other && ended <= NOW);
        const query = { from: Math.min(one, other), to: Math.max(one, other) };
        const { from, to, until, bounds } = rangeOf(query, NOW);
        fc.pre(query.from < NOW);
        expect(from).toBeLessThanOrEqual(query.from);
        expect(to).toBeGreaterThanOrEqual(Math.min(query.to, NOW));
        const parts = [HOUR, QUARTER, DAY, QUARTER, HOUR].map((span, i) => ({
          span,
          first: bounds[i] as number,
          end: bounds[i + 1] as number,
        }));
        const read = spansOf(ended).filter(({ span, since }) =>
          parts.some((part) => part.span === span && since >= part.first && since < part.end),
        );
        expect(read).toHaveLength(ended >= from && ended <= until ? 1 : 0);
        for (const { span, since } of read) if (span !== DAY) expect(since).toBeGreaterThanOrEqual(hoursKeptFrom(NOW));
      }),
    );
  });
});
