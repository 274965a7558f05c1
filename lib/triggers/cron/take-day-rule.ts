import { CRON_FIELDS, type CronFieldSpec } from './cron-field.js';
import type { CronScanner } from './cron-scanner.js';
import type { DayRule } from './day-rules.js';

const ORDINALS: ReadonlyMap<string, number> = new Map([
  ['1st', 1],
  ['2nd', 2],
  ['3rd', 3],
  ['4th', 4],
  ['5th', 5],
]);

/** `#n`, `#L` and `L` after a weekday. */
export function takeWeekdayRule(scanner: CronScanner, weekday: number): DayRule | null {
  if (scanner.take('L')) return { kind: 'lastOf', weekday };
  if (!scanner.take('#')) return null;
  if (scanner.take('L')) return { kind: 'lastOf', weekday };
  const start = scanner.position;
  const n = Number(scanner.takeDigits() || '0');
  if (n < 1 || n > 5) {
    scanner.fail("Cron day-of-week: '#' takes 1 to 5, or L for the last.", "'fri#2' is the second Friday.", start);
  }
  return { kind: 'nth', weekday, n };
}

/** `L`, `L-n`, `LW`. */
export function takeLastDay(scanner: CronScanner, spec: CronFieldSpec): DayRule | null {
  if (!/^L(?![A-Za-z])|^LW(?![A-Za-z])/i.test(scanner.rest)) return null;
  if (spec.name !== 'day') {
    const hint =
      spec.name === 'dayOfWeek'
        ? "'friL' is the last Friday of the month."
        : "'L' belongs into the day-of-month field.";
    scanner.fail(`Cron ${spec.label}: 'L' alone means nothing here.`, hint);
  }
  scanner.take('L');
  if (scanner.take('W')) return { kind: 'lastWeekday' };
  let daysBefore = 0;
  if (scanner.take('-')) {
    const start = scanner.position;
    const digits = scanner.takeDigits();
    daysBefore = Number(digits);
    if (digits === '' || daysBefore > 30) {
      scanner.fail(`Cron ${spec.label}: 'L-' takes 0 to 30.`, "'L-3' is three days before the last.", start);
    }
  }
  return { kind: 'last', daysBefore };
}

/** `last`, `last sun`, `3rd fri`. */
export function takeOrdinal(scanner: CronScanner): DayRule | null {
  const match = /^(last|[0-9]+(?:st|nd|rd|th))(?:([ \t]+)([A-Za-z]+))?$/i.exec(scanner.rest);
  if (match === null) return null;
  const [, ordinal = '', blanks = '', name] = match;
  const isLast = ordinal.toLowerCase() === 'last';
  if (name === undefined && isLast) return { kind: 'last', daysBefore: 0 };
  const n = ORDINALS.get(ordinal.toLowerCase());
  if (!isLast && n === undefined) {
    scanner.fail(`Cron day: '${ordinal}' is no ordinal.`, 'write 1st, 2nd, 3rd, 4th, 5th or last.');
  }
  const weekday = name === undefined ? undefined : CRON_FIELDS.dayOfWeek.names.get(name.toLowerCase());
  if (weekday === undefined) {
    const at = scanner.position + ordinal.length + blanks.length;
    scanner.fail(`Cron day: '${ordinal}' is followed by a weekday.`, "write 'last sun' or '3rd fri'.", at);
  }
  return n === undefined ? { kind: 'lastOf', weekday } : { kind: 'nth', weekday, n };
}
