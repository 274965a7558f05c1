import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from '../../lib/engine/engine-errors.js';
import { InvalidJobOptionError } from '../../lib/jobs/job-errors.js';
import { describeTrigger } from '../../lib/testing/triggers/describe-trigger.js';
import type { CustomTrigger } from '../../lib/triggers/define-trigger.js';
import {
  allOf,
  anyOf,
  at,
  calendarInterval,
  cron,
  defineTrigger,
  except,
  interval,
} from '../../lib/triggers/factories.js';
import { InvalidInstantError } from '../../lib/triggers/trigger-errors.js';
import { RecordedFramework } from './recorded-framework.js';

const framework = { describe, it };
const HOUR = 3_600_000;
const bounds = { startAt: '2023-03-26T00:30', endAt: '2031-10-26T12:00' };

describeTrigger('cron', [cron('30 2 * * *'), cron('*/7 9-17 * * mon-fri', bounds), cron('0 0 29 2 *')], framework, {
  timeZone: 'Europe/Berlin',
});
describeTrigger('interval', [interval(90_000), interval({ days: 3 }, bounds)], framework);
describeTrigger('at', [at('2030-01-01T12:00')], framework, { timeZone: 'America/New_York' });
describeTrigger('calendarInterval', [calendarInterval({ months: 1, hour: 2, minute: 30 }, bounds)], framework);
describeTrigger('anyOf', [anyOf(cron('@daily'), interval({ hours: 5 }))], framework);
describeTrigger('allOf', [allOf(cron('0 * * * *'), cron('*/30 9-17 * * *'))], framework);
describeTrigger('except', [except(cron('0 12 * * *'), { from: '2025-07-01', to: '2025-08-31' })], framework);

/** Every hour, and what a mistake makes of it. */
function hourly(mistake: Partial<CustomTrigger> = {}): CustomTrigger {
  return {
    next: (after) => (Math.floor(after / HOUR) + 1) * HOUR,
    previous: (before) => (Math.ceil(before / HOUR) - 1) * HOUR,
    count: (from, to) => Math.floor(to / HOUR) - Math.ceil(from / HOUR) + 1,
    ...mistake,
  };
}

describeTrigger('a trigger of a kind of its own', [defineTrigger('suite:hourly', () => hourly())({})], framework);

let calls = 0;
const MISTAKES: readonly (readonly [what: string, law: string, mistake: Partial<CustomTrigger>])[] = [
  [
    'goes back past a fire',
    'goes forward with next and back with previous',
    { previous: (before) => (Math.ceil(before / HOUR) - 2) * HOUR },
  ],
  [
    'leaves out a fire when it goes forward',
    'leaves out nothing between a fire and its successor',
    { next: (after) => (Math.floor(after / HOUR) + ((after / HOUR) % 24 < 5 ? 2 : 1)) * HOUR },
  ],
  [
    'ends, and fires again later',
    'has no fire after the last, and none before the first',
    { next: (after) => (after % (90 * HOUR) < HOUR ? null : (Math.floor(after / HOUR) + 1) * HOUR) },
  ],
  [
    'remembers what was asked before',
    'answers the same whatever was asked before',
    { next: (after) => (Math.floor(after / HOUR) + 1 + (++calls % 3 === 0 ? 1 : 0)) * HOUR },
  ],
  [
    'counts one end of a range only',
    'counts what next finds',
    { count: (from, to) => Math.floor(to / HOUR) - Math.ceil(from / HOUR) },
  ],
  [
    'can not say what it is',
    'describes itself',
    {
      describe: () => {
        throw new Error('not now');
      },
    },
  ],
];

describe('describeTrigger', () => {
  it.each(MISTAKES)('finds a trigger that %s', async (what, law, mistake) => {
    const broken = defineTrigger(`suite:${what.replace(/\W+/g, '-')}`, () => hourly(mistake));
    const recorded = new RecordedFramework();
    describeTrigger('broken', [broken({})], recorded);
    expect(await recorded.failures()).toContain(law);
  });

  it('finds a definition that is another after a round trip through JSON', async () => {
    const definition = cron('@daily');
    let reads = 0;
    const fickle = new Proxy(definition, {
      get: (target, key) =>
        key === 'toJSON' ? () => (++reads > 0 ? cron('@hourly') : null) : Reflect.get(target, key),
    });
    const recorded = new RecordedFramework();
    describeTrigger('fickle', [fickle], recorded);
    expect(await recorded.failures()).toEqual(['is the same after a round trip through JSON']);
  });

  it('names the definition where there are several', () => {
    const recorded = new RecordedFramework();
    describeTrigger('two', [cron('@daily'), cron('@hourly')], recorded);
    expect(recorded.tests[1]?.name).toBe('goes forward with next and back with previous (definitions[1])');
  });

  it('refuses what it could not run with', () => {
    const recorded = new RecordedFramework();
    const definitions = [cron('@daily')];
    expect(() => describeTrigger('x', [], recorded)).toThrow(InvalidOptionError);
    expect(() => describeTrigger('x', definitions, {} as never)).toThrow(InvalidOptionError);
    expect(() => describeTrigger('x', definitions, recorded, { runs: 1 } as object)).toThrow(InvalidJobOptionError);
    expect(() => describeTrigger('x', definitions, recorded, { instants: 0 })).toThrow(InvalidOptionError);
    expect(() => describeTrigger('x', definitions, recorded, { from: 'then' })).toThrow(InvalidInstantError);
    const backwards = { from: '2030-01-02', to: '2030-01-01' };
    expect(() => describeTrigger('x', definitions, recorded, backwards)).toThrow(InvalidOptionError);
    expect(recorded.tests).toEqual([]);
  });
});
