import { describe, expect, it, vi } from 'vitest';
import type { Trigger, TriggerDefinition } from '../../lib/triggers/trigger.js';
import type { TriggerSearchError } from '../../lib/triggers/trigger-errors.js';
import { ADDED_AT } from './fires.js';

const CENTURY = [Date.UTC(1970, 0, 1), Date.UTC(2088, 0, 1)] as const;

// What `Intl` answers takes a microsecond or two, and no call may take five milliseconds.
describe('the offsets of a zone that nobody has asked about', () => {
  it.each([
    ['Europe/Zurich', 1_800],
    ['America/Toronto', 1_800],
    ['Asia/Tokyo', 1_200],
    ['Africa/Casablanca', 2_400],
    ['Asia/Hebron', 2_900],
  ])('are found with few looks at Intl, though a century in %s is counted', async (timeZone, most) => {
    const trigger = await bindAfresh('30 2 * * *', timeZone);
    const calls = countCentury(trigger);
    const looks = calls.reduce((sum, { looks: each }) => sum + each, 0);
    expect(looks).toBeGreaterThan(500);
    expect(looks).toBeLessThan(most);
    for (const { looks: each } of calls) expect(each).toBeLessThan(300);
  });

  it('are looked at no longer than a call may take, and counting goes on with the next call', async () => {
    const trigger = await bindAfresh('*/30 * * * *', 'America/Halifax');
    const [{ error }, ...others] = countCentury(trigger) as [CountingCall, ...CountingCall[]];
    expect(error).toMatchObject({ code: 'TRIGGER_SEARCH_EXHAUSTED' });
    expect(error?.message).toMatch(
      /^Trigger: 'every 30 minutes \(America\/Halifax\)' was counted from 1970-01-01T00:00:00\.000Z to \d.* Call again/s,
    );
    expect(error?.searchedTo).toBeGreaterThan(Date.UTC(1980, 0, 1));
    expect(others.length).toBeGreaterThan(2);
    expect(others.at(-1)?.count).toBe((CENTURY[1] - CENTURY[0]) / 1_800_000 + 1);
    expect(countLooks(() => trigger.count?.(...CENTURY))).toBe(0);
  });

  it.each(['30 2 * * *', '0 0 1 1 *', '0 0 29 2 *'])(
    'are found with few looks at Intl for a first fire of %s',
    async (text) => {
      const trigger = await bindAfresh(text, 'Europe/Vilnius');
      const looks = countLooks(() => expect(trigger.next(Date.UTC(2027, 2, 1))).toBeTypeOf('number'));
      expect(looks).toBeGreaterThan(0);
      expect(looks).toBeLessThan(30);
    },
  );
});

// Each pair of a year and a zone is looked at for the first time.
describe('a search through years that nobody has looked at', () => {
  it('takes few looks at Intl in one call', async () => {
    const trigger = await searchAfresh(({ allOf, cron }) =>
      allOf(cron('0 9 1 * *', { timeZone: 'Europe/Prague' }), cron('0 9 1 * *', { timeZone: 'America/Chicago' })),
    );
    expect(countLooks(() => expect(() => trigger.next(Date.UTC(2027, 0, 10))).toThrow('no fire'))).toBeLessThan(700);
  });

  it('does not look back for the last fire of a rare exclusion', async () => {
    const trigger = await searchAfresh(({ cron, except }) =>
      except(cron('0 3 * * *'), cron('0 3 29 2 *'), cron('0 3 1-15 * *'), cron('0 3 16-31 * *'), {
        timeZone: 'Europe/Vienna',
      }),
    );
    expect(countLooks(() => expect(() => trigger.next(Date.UTC(2027, 0, 10))).toThrow('no fire'))).toBeLessThan(80);
  });
});

describe('many triggers that nobody has asked', () => {
  it('are not all asked in one call where that would take too long, and are in the next ones', async () => {
    const zones = Intl.supportedValuesOf('timeZone').slice(40, 52);
    const trigger = await searchAfresh(({ anyOf, cron }) =>
      anyOf(
        ...zones.flatMap((timeZone) => [1, 2, 3, 4].map((n) => cron(`0 0 0 29 2 * ${9900 + 4 * n}`, { timeZone }))),
      ),
    );
    const fires: (number | null)[] = [];
    let calls = 0;
    for (; fires.length === 0; calls++) {
      const looks = countLooks(() => {
        try {
          fires.push(trigger.next(Date.UTC(2027, 0, 1)));
        } catch (error) {
          expect(error).toMatchObject({ code: 'TRIGGER_SEARCH_EXHAUSTED' });
        }
      });
      expect(looks).toBeLessThan(700);
    }
    expect(calls).toBeGreaterThan(1);
    expect(calls).toBeLessThan(8);
  });
});

type Factories = typeof import('../../lib/triggers/factories.js');

/** A combined trigger of such modules. */
async function searchAfresh(make: (factories: Factories) => TriggerDefinition): Promise<Trigger> {
  vi.resetModules();
  const { bindTrigger } = await import('../../lib/triggers/bind-trigger.js');
  const factories = await import('../../lib/triggers/factories.js');
  return bindTrigger(make(factories), { jobId: 'job', addedAt: ADDED_AT, timeZone: 'UTC' });
}

/** A trigger of modules that have not seen any zone yet. */
async function bindAfresh(text: string, timeZone: string): Promise<Trigger> {
  vi.resetModules();
  const { bindTrigger } = await import('../../lib/triggers/bind-trigger.js');
  const { cron } = await import('../../lib/triggers/cron.js');
  return bindTrigger(cron(text), { jobId: 'job', addedAt: ADDED_AT, timeZone });
}

interface CountingCall {
  readonly looks: number;
  readonly count: number | null;
  readonly error: TriggerSearchError | null;
}

/** Asks how many fires a century has until that is known. */
function countCentury(trigger: Trigger): CountingCall[] {
  const calls: CountingCall[] = [];
  do {
    let count: number | null = null;
    let error: TriggerSearchError | null = null;
    const looks = countLooks(() => {
      try {
        count = trigger.count?.(...CENTURY) ?? null;
      } catch (thrown) {
        error = thrown as TriggerSearchError;
      }
    });
    calls.push({ looks, count, error });
  } while (calls.at(-1)?.count === null && calls.length < 30);
  return calls;
}

/** How often `Intl` is asked for offsets during a call. */
function countLooks(call: () => void): number {
  let looks = 0;
  const original = Object.getOwnPropertyDescriptor(Intl.DateTimeFormat.prototype, 'format') as PropertyDescriptor;
  Object.defineProperty(Intl.DateTimeFormat.prototype, 'format', {
    configurable: true,
    get(this: Intl.DateTimeFormat): Intl.DateTimeFormat['format'] {
      const format = original.get?.call(this) as Intl.DateTimeFormat['format'];
      return (instant) => {
        looks++;
        return format(instant);
      };
    },
  });
  try {
    call();
  } finally {
    Object.defineProperty(Intl.DateTimeFormat.prototype, 'format', original);
  }
  return looks;
}
