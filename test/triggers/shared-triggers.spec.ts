import { describe, expect, it } from 'vitest';
import { anyOf, at, cron, interval } from '../../lib/triggers/factories.js';
import { StoredTrigger } from '../../lib/triggers/stored-trigger.js';
import type { Trigger, TriggerDefinition } from '../../lib/triggers/trigger.js';
import { ADDED_AT } from './fires.js';

const addedAt = ADDED_AT.getTime();

function boundOf(
  definition: TriggerDefinition,
  more: { addedAt?: number; timeZone?: string; id?: string } = {},
): Trigger {
  const { id = 'job', ...context } = more;
  return StoredTrigger.of(definition, { addedAt, timeZone: 'UTC', ...context }).bind(id);
}

describe('the triggers of jobs with the same definition', () => {
  it('are one object where nothing of the job plays a part in them', () => {
    expect(boundOf(cron('17 4 * * *'), { id: 'a' })).toBe(
      boundOf(cron('17 4 * * *'), { id: 'b', addedAt: addedAt + 1 }),
    );
    const startAt = '2027-03-01T00:00:00Z';
    expect(boundOf(interval(7_000, { startAt }))).toBe(boundOf(interval(7_000, { startAt }), { addedAt: addedAt + 1 }));
  });

  it('are one object for those that were added at the same moment where it counts', () => {
    const first = boundOf(interval(7_000));
    expect(boundOf(interval(7_000))).toBe(first);
    const later = boundOf(interval(7_000), { addedAt: addedAt + 1 });
    expect(later.next(addedAt)).toBe((first.next(addedAt) as number) + 1);
  });

  it('differ where the zone, an option or the job id does', () => {
    const daily = boundOf(cron('17 4 * * *')).next(addedAt);
    expect(boundOf(cron('17 4 * * *'), { timeZone: 'Asia/Tokyo' }).next(addedAt)).not.toBe(daily);
    expect(boundOf(cron('17 4 * * *', { timeZone: 'Asia/Tokyo' })).next(addedAt)).not.toBe(daily);
    expect(boundOf(cron('17 4 * * *', { endAt: ADDED_AT })).next(addedAt)).toBeNull();
    expect(boundOf(cron('H H * * *'), { id: 'a' })).not.toBe(boundOf(cron('H H * * *'), { id: 'b' }));
  });

  it('stay right when there are more of them than are remembered', () => {
    const instants = Array.from({ length: 10_000 }, (_, n) => addedAt + 1_000 * (n + 1));
    const triggers = instants.map((instant) => boundOf(at(new Date(instant))));
    expect(triggers.map((trigger) => trigger.next(addedAt))).toEqual(instants);
    expect(instants.map((instant) => boundOf(at(new Date(instant))).next(addedAt))).toEqual(instants);
  });

  it('are not forgotten for those that are read only to be checked', () => {
    const daily = boundOf(cron('18 4 * * *'));
    for (let n = 0; n < 10_000; n++) {
      const definition = at(new Date(addedAt + n));
      expect(StoredTrigger.fromJSON({ definition, anchor: addedAt, timeZone: 'UTC' }, false).definition).toBe(
        definition,
      );
    }
    expect(boundOf(cron('18 4 * * *'))).toBe(daily);
    const checked = StoredTrigger.fromJSON({ definition: cron('18 4 * * *'), anchor: 1, timeZone: 'UTC' }, false);
    expect(checked.bind('a')).toBe(daily);
  });

  it('are made anew from what stands in a definition that its owner has changed since', () => {
    const definition = { ...interval(7_000) };
    const before = boundOf(definition).next(addedAt) as number;
    Object.assign(definition, { every: 9_000 });
    expect(boundOf(definition).next(addedAt)).toBe(before + 2_000);
  });

  it('keep what a definition said when its owner, or one of the jobs that share it, would change it', () => {
    const definition = { ...interval(11_000) };
    const stored = StoredTrigger.of(definition, { addedAt, timeZone: 'UTC' });
    Object.assign(definition, { every: 9_000 });
    expect(stored.definition).toEqual(interval(11_000));
    expect(() => Object.assign(stored.definition, { every: 9_000 })).toThrow(TypeError);
  });

  it('are one object in a row, however their properties are ordered, and another as soon as one differs', () => {
    const { kind, version, ...rest } = interval(13_000, { endAt: '2030-01-01T00:00:00Z' });
    const stored = (definition: TriggerDefinition) => StoredTrigger.of(definition, { addedAt, timeZone: 'UTC' });
    const first = stored({ kind, version, ...rest });
    expect(stored({ ...rest, version, kind })).toBe(first);
    const others = [
      { kind, version, ...rest, every: 17_000 },
      interval(13_000),
      { ...interval(13_000), gap: undefined },
    ];
    for (const other of others) expect(stored({ kind, version, ...rest }).bound).not.toBe(stored(other).bound);
  });

  it('are not shared, but right, when one trigger holds others', () => {
    const both = (): TriggerDefinition => anyOf(interval(7_000), interval(9_000));
    expect(boundOf(both()).next(addedAt)).toBe(boundOf(both()).next(addedAt));
  });
});
