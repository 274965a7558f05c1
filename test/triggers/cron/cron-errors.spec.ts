import { describe, expect, it } from 'vitest';
import { cron, type CronOptions } from '../../../lib/triggers/cron.js';
import { CronSyntaxError } from '../../../lib/triggers/cron/cron-errors.js';
import type { CronFields } from '../../../lib/triggers/cron/cron-fields.js';
import { InvalidTriggerError, NeverFiresError, UnknownTimeZoneError } from '../../../lib/triggers/trigger-errors.js';

function errorOf(text: string | CronFields): CronSyntaxError {
  try {
    cron(text);
  } catch (error) {
    if (error instanceof CronSyntaxError) return error;
    throw error;
  }
  throw new Error(`${JSON.stringify(text)} was accepted`);
}

describe('a wrong cron text', () => {
  it('P15 is shown with a caret under the column, and a hint', () => {
    expect(errorOf('0 0 * * mon-fri2').message).toBe(
      [
        "Cron day-of-week: unexpected '2'.",
        '  0 0 * * mon-fri2',
        '                 ^',
        'Hint: separate values by commas and fields by blanks.',
      ].join('\n'),
    );
  });

  it.each<[string, number, RegExp, RegExp]>([
    ['', 1, /empty/, /\* \* \* \* \*/],
    ['   ', 4, /empty/, /\* \* \* \* \*/],
    ['* * * *', 8, /4 fields instead of 5, 6 or 7/, /minute hour/],
    ['*', 2, /1 field instead/, /minute hour/],
    ['* * * * * * * *', 15, /8 fields/, /minute hour/],
    ['60 * * * *', 1, /minute: 60 is out of range/, /0 to 59/],
    ['0 24 * * *', 3, /hour: 24/, /0 to 23/],
    ['0 0 0 * *', 5, /day-of-month: 0/, /1 to 31/],
    ['0 0 32 * *', 5, /day-of-month: 32/, /1 to 31/],
    ['0 0 * 13 *', 7, /month: 13/, /jan to dec/],
    ['0 0 * * 8', 9, /day-of-week: 8/, /0 and 7 are Sunday/],
    ['0 0 0 * * * 1969', 13, /year: 1969/, /1970 to 9999/],
    ['0 0 0 * * * 2030-2020', 13, /runs backwards/, /do not wrap/],
    ['0 0 0 * * * H', 13, /no 'H'/, /1970/],
    ['0-60 * * * *', 3, /60 is out of range/, /0 to 59/],
    ['-1 * * * *', 1, /'-1' is not understood/, /0 to 59/],
    ['1- * * * *', 3, /value is missing/, /0 to 59/],
    [', * * * *', 1, /value is missing/, /0 to 59/],
    ['1,,2 * * * *', 3, /value is missing/, /0 to 59/],
    ['1,2, * * * *', 5, /value is missing/, /0 to 59/],
    ['*/0 * * * *', 3, /step of 0/, /smallest step is 1/],
    ['*/60 * * * *', 3, /longer than the field/, /largest step here is 59/],
    ['*/x * * * *', 3, /step after '\/' is missing/, /every fifth/],
    ['*/ * * * *', 3, /step after '\/' is missing/, /every fifth/],
    ['0 0 * * */8', 11, /longer than the field/, /is 7\.$/],
    ['1/2/3 * * * *', 4, /unexpected '\/3'/, /commas/],
    ['**  * * * *', 2, /unexpected '\*'/, /commas/],
    ['1.5 * * * *', 2, /unexpected '\.5'/, /commas/],
    ['5x * * * *', 2, /unexpected 'x'/, /commas/],
    ['? * * * *', 1, /'\?' is not understood/, /0 to 59/],
    ['0 0 ?/2 * *', 5, /'\?\/2' is not understood/, /1 to 31/],
    ['0 0 * foo *', 7, /'foo' is not understood/, /jan to dec/],
    ['0 0 * * monn', 9, /'monn' is not understood/, /sun to sat/],
    ['0 0 * mon *', 7, /'mon' is not understood/, /jan to dec/],
    ['0 0 +1 * *', 5, /'\+1' is not understood/, /1 to 31/],
    ['L * * * *', 1, /'L' alone means nothing here/, /day-of-month field/],
    ['0 0 * * L', 9, /'L' alone means nothing here/, /friL/],
    ['0 0 L-31 * *', 7, /'L-' takes 0 to 30/, /L-3/],
    ['0 0 L- * *', 7, /'L-' takes 0 to 30/, /L-3/],
    ['0 0 L3 * *', 6, /unexpected '3'/, /commas/],
    ['0 0 LX * *', 5, /'LX' is not understood/, /1 to 31/],
    ['0 0 15WW * *', 8, /unexpected 'W'/, /commas/],
    ['0 0 1-15W * *', 9, /unexpected 'W'/, /commas/],
    ['15W * * * *', 3, /unexpected 'W'/, /commas/],
    ['0 0 * * fri#6', 13, /'#' takes 1 to 5/, /second Friday/],
    ['0 0 * * fri#0', 13, /'#' takes 1 to 5/, /second Friday/],
    ['0 0 * * fri#', 13, /'#' takes 1 to 5/, /second Friday/],
    ['0 0 * * mon-fri#2', 16, /unexpected '#2'/, /commas/],
    ['0 0 1#2 * *', 6, /unexpected '#2'/, /commas/],
    ['H(5) * * * *', 4, /'H\(' takes a range/, /H\(0-29\)/],
    ['H(5-10 * * * *', 7, /'\)' is missing/, /H\(0-29\)/],
    ['H(10-5) * * * *', 3, /runs backwards/, /H\(0-29\)/],
    ['0 0 H(1-40) * *', 9, /40 is out of range/, /1 to 31/],
    ['@fortnightly', 1, /'@fortnightly' is no nickname/, /@daily/],
    ['@reboot', 1, /no nickname/, /@AfterStart\(0\)/],
    ['@secondly', 1, /no nickname/, /'\* \* \* \* \* \*'/],
    ['@', 1, /no nickname/, /@daily/],
    ['@daily 5', 8, /unexpected '5'/, /stands alone/],
    ['@reboot now', 1, /no nickname/, /@AfterStart\(0\)/],
    ['@every', 7, /takes a duration/, /1h30m/],
    ['@every 5', 9, /duration with units/, /1h30m/],
    ['@every 1h30', 12, /duration with units/, /1h30m/],
    ['@every 1.5h', 9, /duration with units/, /1h30m/],
    ['@every 0s', 8, /at least 1 ms/, /1h30m/],
    ['CRON_TZ=UTC', 12, /empty/, /\* \* \* \* \*/],
    ['CRON_TZ=UTC 61 * * * *', 13, /61 is out of range/, /0 to 59/],
    ['0 0 * *\n* *', 8, /there is a line break in it/, /in one line/],
    ['0\n0\n*\n*\n*\n', 2, /there is a line break in it/, /in one line/],
    ['0 0 1 */13 *', 9, /longer than the field/, /12; for more, use the year field/],
    ['*/61 * * * * *', 3, /longer than the field/, /59; for more, use the minute field/],
    ['0 0 0 1 1 * */10000', 15, /longer than the field/, /is 9999\.$/],
    ['cron_tz=Asia/Tokyo 0 9 * * *', 1, /'cron_tz=' is not understood/, /CRON_TZ=Europe\/Paris/],
    ['CRON_TZ=UTC TZ=UTC 0 9 * * *', 13, /names two time zones/, /once/],
  ])('P15 %j is refused at column %i', (text, column, problem, hint) => {
    const error = errorOf(text);
    expect(error.column).toBe(column);
    expect(error.message).toMatch(problem);
    expect(error.hint).toMatch(hint);
    expect(error.code).toBe('CRON_SYNTAX');
    expect(error.message.split('\n').at(-2)).toBe(`  ${' '.repeat(column - 1)}^`);
  });

  it.each([
    ['0 0 31 2 *', 5],
    ['0 0 30 feb *', 5],
    ['0 0 31 4,6,9,11 *', 5],
    ['CRON_TZ=Asia/Tokyo 0 0 31W 2 *', 24],
    ['0 0 L-30 2 *', 5],
    ['0 0 0 29 2 * 2027', 7],
    ['0 0 0 ? 2 mon#5 2027', 11],
    ['0 0 1-7 * +mon#2', 5],
  ])('P15 %s is refused with a caret at column %i, because no date matches it', (text, column) => {
    expect(() => cron(text)).toThrow(NeverFiresError);
    expect(() => cron(text)).toThrow(
      `no date matches it.\n  ${text}\n  ${' '.repeat(column - 1)}^\nHint: no day in the months`,
    );
  });

  it('P15 names a blank that separates nothing, such as web pages have', () => {
    expect(() => cron('0 9\u00A0* * *')).toThrow(/a blank that separates nothing\.\n.*\n {5}\^\nHint: .*web page/);
  });

  it('may name a zone only once, and one that exists', () => {
    expect(() => cron('CRON_TZ=Mars/Base * * * * *')).toThrow(UnknownTimeZoneError);
    expect(() => cron('CRON_TZ= * * * * *')).toThrow(UnknownTimeZoneError);
    expect(() => cron('* * * * *', { timeZone: 'Mars/Base' })).toThrow(UnknownTimeZoneError);
    expect(() => cron('CRON_TZ=UTC * * * * *', { timeZone: 'Asia/Tokyo' })).toThrow(InvalidTriggerError);
    expect(() => cron('CRON_TZ=Asia/Tokyo * * * * *', { timeZone: 'Asia/Tokyo' })).not.toThrow();
  });

  it('is never taken for fields that look like it', () => {
    cron({ hour: 3 });
    expect(() => cron('{"hour":3}')).toThrow(CronSyntaxError);
  });
});

describe('wrong cron options', () => {
  it.each<[object, RegExp]>([
    [{ gap: 'later' }, /gap: 'later' is none of 'shift', 'next', 'skip'/],
    [{ fold: 'never' }, /fold: 'never' is none of 'first', 'last', 'both'/],
    [{ timezone: 'UTC' }, /no option 'timezone'\. Options: timeZone/],
    [{ startAt: 'soon' }, /startAt/],
    [{ endAt: '2027-02-30' }, /endAt/],
    [{ timeZone: 'UTC', startAt: '2027-02-01', endAt: '2027-01-01' }, /lies after endAt/],
  ])('%j are refused by name', (options, message) => {
    expect(() => cron('* * * * *', options as CronOptions)).toThrow(message);
  });

  it('include those of wall-clock time beside @every', () => {
    expect(() => cron('@every 5m', { fold: 'both' })).toThrow("no option 'fold'");
    expect(() => cron('@every 5m', { gap: 'skip' })).toThrow("no option 'gap'");
  });

  it.each([null, undefined, 5, [], ['* * * * *'], () => '* * * * *'])('%o is no pattern', (pattern) => {
    expect(() => cron(pattern as never)).toThrow(InvalidTriggerError);
  });
});
