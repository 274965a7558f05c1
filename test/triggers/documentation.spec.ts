import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CronFields } from '../../lib/triggers/cron/cron-fields.js';
import { cron, type CronOptions } from '../../lib/triggers/cron.js';
import { parseInstant } from '../../lib/triggers/instant.js';
import { bind, firesBetween, isoText, nextTexts } from './fires.js';

const text = readFileSync(join(import.meta.dirname, '../../docs/triggers.md'), 'utf8');

/** The rows of the table whose head has these columns. */
function rowsBelow(...heads: string[]): string[][] {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => line.startsWith('|') && cellsOf(line).join() === heads.join());
  const end = lines.findIndex((line, index) => index > at && !line.startsWith('|'));
  return lines.slice(at + 2, end).map(cellsOf);
}

function cellsOf(line: string): string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('`', ''));
}

function short(fire: string): string {
  return fire.replace(/:00Z$/, 'Z');
}

describe('what the documentation says about', () => {
  it.each([
    ...rowsBelow('text', 'first fires').map(([pattern, fires]) => [pattern as string, fires as string] as const),
    ...rowsBelow('fields', 'first fires').map(([fields, fires]) => [JSON.parse(fields as string) as CronFields, fires as string] as const), // prettier-ignore
  ])('the first fires of %j', (pattern, fires) => {
    const expected = fires.split(' ');
    const found = nextTexts(bind(cron(pattern)), '2027-01-01T00:00:00Z', expected.length).map(short);
    expect(found).toEqual(expected);
  });

  it.each(rowsBelow('text', 'zone', 'day', 'options', 'fires'))('P09 %s in %s on %s with %s', (...row) => {
    const [pattern = '', timeZone = '', day = '', options = '', fires = ''] = row;
    const from = parseInstant(day, { timeZone, what: 'day', gap: 'next' });
    const until = parseInstant(day, { timeZone, what: 'day', bareDateMeans: 'end' });
    const trigger = bind(cron(pattern, JSON.parse(options) as CronOptions), timeZone);
    const found = firesBetween(trigger, from, until).map((fire) => short(isoText(fire)));
    expect(found.join(' ') || 'none').toBe(fires);
  });

  it('has examples at all', () => {
    expect(rowsBelow('text', 'first fires').length).toBeGreaterThan(5);
    expect(rowsBelow('fields', 'first fires').length).toBeGreaterThan(2);
    expect(rowsBelow('text', 'zone', 'day', 'options', 'fires').length).toBeGreaterThan(5);
  });
});
