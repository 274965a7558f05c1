import { describe, expect, it } from 'vitest';
import {
  allOf,
  anyOf,
  at,
  calendarInterval,
  cron,
  type CronDefinition,
  defineTrigger,
  except,
  interval,
} from '../../lib/triggers/factories.js';
import type { TriggerDefinition } from '../../lib/triggers/trigger.js';
import { identityOf } from '../../lib/triggers/trigger-identity.js';
import { bind } from './fires.js';

const tide = defineTrigger('identity:tide', (every: number) => ({
  next: (after: number) => after + every,
  previous: (before: number) => before - every,
}));
const hourly = interval({ hours: 1 });
const berlin = { timeZone: 'Europe/Berlin' };

describe('the zone that a trigger does not name itself', () => {
  it.each<[what: string, TriggerDefinition, counts: boolean]>([
    ['cron', cron('0 3 * * *'), true],
    ['cron of fields', cron({ hour: 3 }), true],
    ['@every', cron('@every 1h30m'), false],
    ['@every as others may have written it', { kind: 'cron', version: 1, text: '@every 1h' } as CronDefinition, false],
    ['an interval', hourly, false],
    ['an interval from an instant on', interval(1_000, { startAt: '2030-01-01T00:00Z' }), false],
    ['an interval from a wall-clock time on', interval(1_000, { startAt: '2030-01-01T00:00' }), true],
    ['an interval until the end of a day', interval(1_000, { endAt: '2030-01-01' }), true],
    ['a one-shot at an instant', at('2030-01-01T00:00:10Z'), false],
    ['a one-shot of a Date', at(new Date('2030-01-01T00:00:10Z')), false],
    ['a one-shot at a wall-clock time', at('2030-01-01T00:00:10'), true],
    ['a one-shot at an instant within a wall-clock window', at('2030-01-01T00:00Z', { endAt: '2030-06-01' }), true],
    ['a calendar interval', calendarInterval({ days: 1 }, { startAt: '2030-01-01T00:00Z' }), true],
    ['anyOf instants', anyOf(hourly, at('2030-01-01T00:00:10Z')), false],
    ['anyOf with a cron', anyOf(hourly, cron('0 3 * * *')), true],
    ['anyOf with a cron that has a zone', anyOf(hourly, cron('0 3 * * *', berlin)), false],
    ['anyOf with a cron whose text has a zone', anyOf(hourly, cron('CRON_TZ=Asia/Tokyo 0 3 * * *')), false],
    ['anyOf from a wall-clock time on', anyOf(hourly, hourly, { startAt: '2030-01-01' }), true],
    ['allOf intervals', allOf(hourly, interval({ hours: 3 })), false],
    ['allOf with a cron, further in', allOf(hourly, anyOf(cron('0 3 * * *'))), true],
    ['except an interval', except(hourly, interval({ hours: 3 })), false],
    ['except fires of a cron', except(hourly, cron('0 3 * * *')), true],
    ['except from the fires of a cron', except(cron('0 3 * * *'), at('2030-01-01T00:00Z')), true],
    ['except a range of instants', except(hourly, { from: '2030-01-01T00:00Z', to: '2030-01-02T00:00Z' }), false],
    ['except a range of days', except(hourly, { from: '2030-01-01T00:00Z', to: '2030-01-02' }), true],
    ['except the day of an instant', except(hourly, '2030-01-01T00:00Z'), true],
    ['a kind of the user', tide(1_000), true],
  ])('of %s counts: %#', (_what, definition, counts) => {
    const [utc, tokyo] = [identityOf(definition, 'UTC'), identityOf(definition, 'Asia/Tokyo')];
    expect(JSON.stringify(utc) !== JSON.stringify(tokyo)).toBe(counts);
  });

  it('moves no fire where it does not count', () => {
    const combined = except(anyOf(hourly, at('2030-01-01T00:00:10Z')), interval({ hours: 3 }));
    for (const definition of [hourly, at('2030-01-01T00:00:10Z'), combined]) {
      const [utc, tokyo] = [bind(definition, 'UTC'), bind(definition, 'Asia/Tokyo')];
      for (let fire: number | null = 0, i = 0; fire !== null && i < 10; i++) {
        expect(tokyo.next(fire)).toBe(utc.next(fire));
        fire = utc.next(fire);
      }
    }
  });
});

describe('triggers that mean the same', () => {
  it.each<[TriggerDefinition, TriggerDefinition]>([
    [cron('0 * * * *'), cron('  0 \t*  * * * \n')],
    [cron('CRON_TZ=Asia/Tokyo 0 3 * * *'), cron(' CRON_TZ=Asia/Tokyo   0 3 * * *')],
    [cron('TZ=Asia/Tokyo 0 3 * * *'), cron('0 3 * * *', { timeZone: 'Asia/Tokyo' })],
    [cron('0 3 * * *'), cron('0 3 * * *', { timeZone: 'UTC' })],
    [anyOf(cron('0 3 * * *', { timeZone: 'UTC' })), anyOf(cron('0 3 * * *'), { timeZone: 'UTC' })],
    [cron('0 3 * * *'), cron('0 0 3 * * *', { gap: 'shift', fold: 'first' })],
    [cron('0 0 l * mon'), cron('0 0 L * MON')],
    [cron('@daily'), cron('0 0 * * *')],
    [cron({ hour: 3, minute: [0, 30] }), cron({ hour: '3', minute: '0,30' })],
    [allOf(hourly, cron('0 3 * * *')), allOf(hourly, cron('0 3 * * *'), { threshold: { seconds: 1 } })],
    [at('2030-01-01T00:00:10Z'), at('2030-01-01T00:00:10.000Z')],
    [at('2030-01-01T00:00:10Z'), at(new Date('2030-01-01T00:00:10Z'))],
    [at('2030-01-01T00:00:10Z'), at('20300101 01:00:10+01:00')],
    [at('2030-01-01T00:00:10Z', berlin), at('2030-01-01T00:00:10Z')],
    [interval(1_000, { startAt: '2030-01-01T00:00Z' }), interval(1_000, { startAt: '2030-01-01T01:00+01:00' })],
    [interval(1_000, { endAt: '2030-01-01T00:00Z' }), interval(1_000, { endAt: new Date('2030-01-01T00:00Z') })],
    [anyOf(hourly, at('2030-01-01T00:00Z')), anyOf(hourly, at('2030-01-01T00:00:00Z'))],
    [allOf(hourly, cron('0 3 * * *')), allOf(hourly, cron('0 3 *  * *'))],
    [except(cron('0 3 * * *'), cron('0 3 L * *')), except(cron('0 3 *  * *'), cron('0  3 L * *'))],
    [
      except(hourly, '2030-01-01T00:00Z', { from: '2030-02-01T00:00Z', to: '2030-02-02' }),
      except(hourly, '2030-01-01T00:00:00Z', { from: '2030-02-01T01:00+01:00', to: '2030-02-02' }),
    ],
  ])('are the same however they are written: %j and %j', (one, other) => {
    expect(identityOf(other, 'UTC')).toEqual(identityOf(one, 'UTC'));
  });

  it.each<[TriggerDefinition, TriggerDefinition]>([
    [cron('0 3 * * *'), cron('0 4 * * *')],
    [at('2030-01-01T00:00:10Z'), at('2030-01-01T00:00:10.001Z')],
    [at('2030-01-01T00:00:10Z'), at('2030-01-01T00:00:10')],
    [anyOf(hourly, cron('0 3 * * *')), anyOf(hourly, cron('0 3 * * *', berlin))],
    [interval(1_000, { startAt: '2030-01-01' }), interval(1_000, { startAt: '2030-01-01', timeZone: 'Asia/Tokyo' })],
    [tide(1_000), tide(2_000)],
    [cron('0 3 * * *'), cron('0 3 * * *', { gap: 'next' })],
    [cron('0 3 * * *'), cron({ hour: 3, minute: 0, second: 0 })],
    [cron('0 3 * * *'), cron('0 3 * * *', berlin)],
    [cron('CRON_TZ=Asia/Tokyo 0 3 * * *'), cron('CRON_TZ=Asia/Seoul 0 3 * * *')],
  ])('are told from those that do not: %j and %j', (one, other) => {
    expect(identityOf(other, 'UTC')).not.toEqual(identityOf(one, 'UTC'));
  });

  it('leaves the definition as its maker has written it', () => {
    const definition = anyOf(cron('0  3 * * *'), at('2030-01-01T00:00:10Z'));
    const before = structuredClone(definition);
    identityOf(definition, 'UTC');
    expect(definition).toEqual(before);
  });
});
