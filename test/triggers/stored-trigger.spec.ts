import { describe, expect, it } from 'vitest';
import {
  allOf,
  anyOf,
  at,
  bindTrigger,
  calendarInterval,
  cron,
  except,
  interval,
  preview,
} from '../../lib/triggers/factories.js';
import { StoredTrigger } from '../../lib/triggers/stored-trigger.js';
import type { Trigger, TriggerDefinition } from '../../lib/triggers/trigger.js';
import type { TriggerSearchError } from '../../lib/triggers/trigger-errors.js';
import { SchedulerError } from '../../lib/errors/scheduler-error.js';
import { ADDED_AT } from './fires.js';

const addedAt = ADDED_AT.getTime();

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof SchedulerError) return error.code;
    throw error;
  }
  return 'none';
}

/** Definitions that nobody could have made with a factory, and the code of the error that refuses them. */
const BROKEN: readonly [unknown, string][] = [
  [null, 'INVALID_TRIGGER'],
  [undefined, 'INVALID_TRIGGER'],
  ['0 3 * * *', 'INVALID_TRIGGER'],
  [{}, 'INVALID_TRIGGER'],
  [[], 'INVALID_TRIGGER'],
  [{ kind: 'lunar', version: 1 }, 'UNKNOWN_TRIGGER_KIND'],
  [{ kind: 5, version: 1 }, 'UNKNOWN_TRIGGER_KIND'],
  [{ kind: 'toString', version: 1 }, 'UNKNOWN_TRIGGER_KIND'],
  [{ kind: 'interval' }, 'INVALID_TRIGGER'],
  [{ kind: 'interval', version: 2, every: 5 }, 'INVALID_TRIGGER'],
  [{ kind: 'interval', version: 1 }, 'INVALID_TRIGGER'],
  [{ kind: 'interval', version: 1, every: '5' }, 'INVALID_TRIGGER'],
  [{ kind: 'interval', version: 1, every: 0 }, 'INVALID_DURATION'],
  [{ kind: 'interval', version: 1, every: -5 }, 'INVALID_DURATION'],
  [{ kind: 'interval', version: 1, every: 5, immediate: 'yes' }, 'INVALID_TRIGGER'],
  [{ kind: 'interval', version: 1, every: 5, jitter: 5 }, 'INVALID_TRIGGER'],
  [{ kind: 'interval', version: 1, every: 5, startAt: 7 }, 'INVALID_INSTANT'],
  [{ kind: 'interval', version: 1, every: 5, timeZone: 'Mars/Base' }, 'UNKNOWN_TIME_ZONE'],
  [{ kind: 'interval', version: 1, every: 5, timeZone: 5 }, 'INVALID_TRIGGER'],
  [{ kind: 'interval', version: 1, every: 5, startAt: '2027-02-01', endAt: '2027-01-01' }, 'INVALID_TRIGGER'],
  [{ kind: 'at', version: 1 }, 'INVALID_TRIGGER'],
  [{ kind: 'at', version: 1, at: 'soon' }, 'INVALID_INSTANT'],
  [{ kind: 'at', version: 1, at: '2027-01-01', fold: 'both' }, 'INVALID_TRIGGER'],
  [{ kind: 'at', version: 1, at: '2027-01-01', text: '* * * * *' }, 'INVALID_TRIGGER'],
  [{ kind: 'cron', version: 1 }, 'INVALID_TRIGGER'],
  [{ kind: 'cron', version: 1, text: 5 }, 'INVALID_TRIGGER'],
  [{ kind: 'cron', version: 1, text: '* * * *' }, 'CRON_SYNTAX'],
  [{ kind: 'cron', version: 1, text: '0 0 31 2 *' }, 'NEVER_FIRES'],
  [{ kind: 'cron', version: 1, text: '* * * * *', fields: { hour: 3 } }, 'INVALID_TRIGGER'],
  [{ kind: 'cron', version: 1, fields: { hours: 3 } }, 'INVALID_TRIGGER'],
  [{ kind: 'cron', version: 1, text: '* * * * *', gap: 'none' }, 'INVALID_TRIGGER'],
  [{ kind: 'cron', version: 1, text: '@every 5m', gap: 'skip' }, 'INVALID_TRIGGER'],
  [{ kind: 'cron', version: 1, text: 'CRON_TZ=UTC * * * * *', timeZone: 'Asia/Tokyo' }, 'INVALID_TRIGGER'],
];

describe('bindTrigger', () => {
  it.each(BROKEN)('refuses %j', (definition, code) => {
    const context = { jobId: 'job', addedAt: ADDED_AT, timeZone: 'UTC' };
    expect(codeOf(() => bindTrigger(definition as TriggerDefinition, context))).toBe(code);
  });

  it('names the property that does not belong there', () => {
    const definition = { kind: 'interval', version: 1, every: 5, jitter: 5 };
    expect(() => bindTrigger(definition, { jobId: 'job', addedAt: ADDED_AT, timeZone: 'UTC' })).toThrow(
      "no property 'jitter'",
    );
  });

  it('refuses a context that it could not work with', () => {
    expect(codeOf(() => bindTrigger(interval(5), { jobId: '', addedAt: new Date(NaN), timeZone: 'UTC' }))).toBe(
      'INVALID_TRIGGER',
    );
    expect(codeOf(() => bindTrigger(interval(5), { jobId: '', addedAt: ADDED_AT, timeZone: 'Mars/Base' }))).toBe(
      'UNKNOWN_TIME_ZONE',
    );
  });

  it("prefers the definition's own zone", () => {
    const context = { jobId: 'job', addedAt: ADDED_AT, timeZone: 'Europe/Berlin' };
    const expected = Date.parse('2027-01-01T15:00:00Z');
    expect(bindTrigger(cron('@daily', { timeZone: 'Asia/Tokyo' }), context).next(addedAt)).toBe(expected);
    expect(bindTrigger(cron('CRON_TZ=Asia/Tokyo @daily'), context).next(addedAt)).toBe(expected);
    expect(bindTrigger(at('2027-01-02', { timeZone: 'Asia/Tokyo' }), context).next(addedAt)).toBe(expected);
  });
});

describe('StoredTrigger', () => {
  it.each([
    interval({ seconds: 30 }, { immediate: true }),
    at('2027-06-01T09:00'),
    cron('H H * * mon-fri'),
    cron({ day: 'last fri', hour: [9, 17] }, { endAt: '2030-01-01', fold: 'both' }),
    cron('@every 90s'),
  ])('survives a round trip through JSON: %j', (definition) => {
    const stored = StoredTrigger.of(definition, { addedAt, timeZone: 'Europe/Berlin' });
    const restored = StoredTrigger.fromJSON(JSON.parse(JSON.stringify(stored)));
    expect(restored.definition).toEqual(definition);
    expect(restored.anchor).toBe(addedAt);
    expect(restored.timeZone).toBe('Europe/Berlin');
    const fire = stored.bind('job').next(addedAt - 1);
    expect(fire).not.toBeNull();
    expect(restored.bind('job').next(addedAt - 1)).toBe(fire);
  });

  it('resolves the zone once', () => {
    expect(StoredTrigger.of(cron('@daily'), { addedAt, timeZone: 'UTC' }).timeZone).toBe('UTC');
    expect(StoredTrigger.of(cron('@daily', { timeZone: 'Asia/Tokyo' }), { addedAt, timeZone: 'UTC' }).timeZone).toBe(
      'Asia/Tokyo',
    );
    expect(StoredTrigger.of(cron('TZ=Asia/Tokyo @daily'), { addedAt, timeZone: 'UTC' }).timeZone).toBe('Asia/Tokyo');
  });

  it('binds once for each job id', () => {
    const plain = StoredTrigger.of(cron('@daily'), { addedAt, timeZone: 'UTC' });
    expect(plain.bind('a')).toBe(plain.bind('b'));
    const seeded = StoredTrigger.of(cron('H H * * *'), { addedAt, timeZone: 'UTC' });
    expect(seeded.bind('a')).toBe(seeded.bind('a'));
    expect(seeded.bind('a').next(addedAt)).not.toBe(seeded.bind('b').next(addedAt));
    expect(seeded.bind('a').next(addedAt)).toBe(
      bindTrigger(cron('H H * * *'), { jobId: 'a', addedAt: ADDED_AT, timeZone: 'UTC' }).next(addedAt),
    );
  });

  it('binds to one that searches patiently, once: asked the same again it goes on by one call', () => {
    const searched = (trigger: Trigger): number => {
      try {
        return trigger.next(addedAt) ?? NaN;
      } catch (error) {
        return (error as TriggerSearchError).searchedTo;
      }
    };
    const never = except(cron('0 9 * * *'), cron('0 * * * *'));
    const once = (): number =>
      searched(bindTrigger(never, { jobId: '', addedAt: ADDED_AT, timeZone: 'UTC' })) - addedAt;
    // The first calls of a process search less.
    for (let n = 0; n < 4; n++) once();
    const oneCall = once();
    const patient = StoredTrigger.of(never, { addedAt, timeZone: 'UTC' }).bind('job');
    const first = searched(patient);
    expect((first - addedAt) / oneCall).toBeCloseTo(20, 0);
    expect((searched(patient) - first) / oneCall).toBeCloseTo(1, 0);
  });

  it('keeps a trigger whose H names no date for this id: it just never fires', () => {
    const stored = StoredTrigger.of(cron('0 0 31 H(2-3) *'), { addedAt, timeZone: 'UTC' });
    const fires = Array.from({ length: 20 }, (_, n) => stored.bind(`job-${n}`).next(addedAt));
    expect(fires).toContain(null);
    expect(fires).toContain(Date.UTC(2027, 2, 31));
  });

  it.each(BROKEN)('refuses to restore %j', (definition, code) => {
    expect(codeOf(() => StoredTrigger.fromJSON({ definition, anchor: 0, timeZone: 'UTC' }))).toBe(code);
  });

  it.each([
    [null, 'INVALID_TRIGGER'],
    ['{}', 'INVALID_TRIGGER'],
    [{}, 'INVALID_TRIGGER'],
    [{ definition: interval(5), timeZone: 'UTC' }, 'INVALID_TRIGGER'],
    [{ definition: interval(5), anchor: '0', timeZone: 'UTC' }, 'INVALID_TRIGGER'],
    [{ definition: interval(5), anchor: 0.5, timeZone: 'UTC' }, 'INVALID_TRIGGER'],
    [{ definition: interval(5), anchor: 0 }, 'INVALID_TRIGGER'],
    [{ definition: interval(5), anchor: 0, timeZone: 'Mars/Base' }, 'UNKNOWN_TIME_ZONE'],
  ])('refuses to restore garbage: %j', (json, code) => {
    expect(codeOf(() => StoredTrigger.fromJSON(json))).toBe(code);
  });
});

describe('preview', () => {
  it('lists fires strictly after an instant', () => {
    const from = new Date('2027-01-01T09:00:00Z');
    expect(preview(cron('0 9 * * *'), { from, count: 2 })).toEqual([
      new Date('2027-01-02T09:00:00Z'),
      new Date('2027-01-03T09:00:00Z'),
    ]);
    expect(preview(cron('0 9 * * *'), { from, count: 1, timeZone: 'Asia/Tokyo' })).toEqual([
      new Date('2027-01-02T00:00:00Z'),
    ]);
    expect(preview(interval({ hours: 1 }, { immediate: true }), { from, count: 1 })).toEqual([
      new Date('2027-01-01T10:00:00Z'),
    ]);
    expect(preview(at('2027-01-02'), { from, count: 9 })).toEqual([new Date('2027-01-02T00:00:00Z')]);
    expect(preview(at('2026-01-02'), { from, count: 9 })).toEqual([]);
    expect(preview(cron('* * * * *'), { from, count: 0 })).toEqual([]);
  });

  it.each([
    [{ from: new Date(NaN), count: 1 }],
    [{ from: '2027-01-01', count: 1 }],
    [{ from: ADDED_AT, count: -1 }],
    [{ from: ADDED_AT, count: 1.5 }],
    [{ from: ADDED_AT, count: 1_001 }],
    [{ from: ADDED_AT, count: Infinity }],
    [{ from: ADDED_AT }],
    [{ from: ADDED_AT, count: 1, zone: 'UTC' }],
    [null],
    [undefined],
  ])('refuses %j', (options) => {
    expect(codeOf(() => preview(interval(5), options as never))).toBe('INVALID_TRIGGER');
  });
});

describe('A stored trigger of a job that is added later than it was read', () => {
  const later = addedAt + 90_061_001;
  const start = { startAt: '2020-01-01T00:00:00.500Z' };
  const definitions: readonly TriggerDefinition[] = [
    interval(7_000),
    interval(7_000, start),
    interval(7_000, { immediate: true }),
    interval(7_000, { ...start, immediate: true }),
    interval(7_000, { endAt: '2090-01-01' }),
    cron('*/7 * * * *'),
    cron('H 3 * * *'),
    cron('@every 7s'),
    cron('@every 7s', start),
    at('2090-01-01T00:00:00Z'),
    calendarInterval({ days: 3 }),
    anyOf(interval(7_000), cron('5 * * * *')),
    allOf(interval(7_000), interval(3_000, start)),
    except(interval(7_000), cron('5 * * * *')),
  ];

  it.each(definitions.map((definition) => [JSON.stringify(definition), definition] as const))(
    'fires as if it had been read then: %s',
    (_text, definition) => {
      const read = StoredTrigger.of(definition, { addedAt, timeZone: 'Europe/Berlin' });
      read.bind('first').next(addedAt);
      const moved = read.addedAt(later);
      const anew = StoredTrigger.of(definition, { addedAt: later, timeZone: 'Europe/Berlin' });
      const firesOf = (trigger: Trigger): (number | null)[] => {
        const fires = [trigger.previous(later), trigger.next(later - 1)];
        for (let i = 0; i < 5; i++) fires.push(trigger.next(fires.at(-1) ?? later));
        return fires;
      };
      expect(moved.toJSON()).toEqual(anew.toJSON());
      expect(firesOf(moved.bind('job'))).toEqual(firesOf(anew.bind('job')));
      expect(read.anchor).toBe(addedAt);
    },
  );
});
