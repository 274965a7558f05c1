import { beforeEach, describe, expect, it } from 'vitest';
import { InvalidDurationError, InvalidInstantError } from '../../lib/triggers/trigger-errors.js';
import { VirtualClock } from '../../lib/testing/virtual-clock.js';

describe('VirtualClock', () => {
  let clock: VirtualClock;
  let rung: string[];
  beforeEach(() => {
    clock = new VirtualClock('2030-01-01 12:00');
    rung = [];
  });

  const ring = (name: string) => () => void rung.push(`${name} ${new Date(clock.now()).toISOString().slice(11, 19)}`);

  it('stands still until it is moved', async () => {
    clock.setTimer(ring('a'), 0);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(rung).toEqual([]);
    expect(clock.now()).toBe(Date.UTC(2030, 0, 1, 12));
    expect(clock.monotonic()).toBe(0);
  });

  it('fires timers in the order of their instants, then in that of their setting, and shows the instant of each', async () => {
    clock.setTimer(ring('late'), 3_000);
    clock.setTimer(ring('first'), 1_000);
    clock.setTimer(ring('second'), 1_000);
    await clock.advance({ seconds: 3 });
    expect(rung).toEqual(['first 12:00:01', 'second 12:00:01', 'late 12:00:03']);
    expect(clock.monotonic()).toBe(3_000);
  });

  it('fires what a timer sets within the time that is passed', async () => {
    clock.setTimer(() => clock.setTimer(ring('inner'), 1_000), 1_000);
    await clock.advance(2_000);
    expect(rung).toEqual(['inner 12:00:02']);
  });

  it('leaves out what was cancelled', async () => {
    const timer = clock.setTimer(ring('a'), 1_000);
    timer.cancel();
    timer.cancel();
    await clock.advance(1_000);
    expect(rung).toEqual([]);
  });

  it('tells how many timers are pending, and how long it is until the next', () => {
    expect(clock.untilNextTimer).toBeNull();
    clock.setTimer(ring('never'), Infinity);
    expect(clock.untilNextTimer).toBeNull();
    clock.setTimer(ring('a'), 5_000);
    clock.setTimer(ring('b'), 2_000);
    expect(clock.untilNextTimer).toBe(2_000);
    expect(clock.pendingTimers).toBe(3);
  });

  it('moves to an instant', async () => {
    await clock.advanceTo('2030-01-02T00:00+01:00');
    expect(clock.now()).toBe(Date.UTC(2030, 0, 1, 23));
    expect(clock.monotonic()).toBe(11 * 3_600_000);
  });

  it('steps the wall clock alone, and fires nothing by that', async () => {
    clock.setTimer(ring('a'), 1_000);
    clock.step(3_600_000);
    await clock.advance(0);
    expect(rung).toEqual([]);
    expect(clock.monotonic()).toBe(0);
    await clock.advance(1_000);
    expect(rung).toEqual(['a 13:00:01']);
  });

  it('refuses to go back, and what is no time', async () => {
    await expect(clock.advance(-1)).rejects.toThrow(InvalidDurationError);
    await expect(clock.advanceTo('2029-12-31')).rejects.toThrow(/2029-12-31T00:00:00.000Z is past: it is 2030/);
    await expect(clock.advanceTo('tomorrow')).rejects.toThrow(InvalidInstantError);
    expect(() => new VirtualClock('once')).toThrow(InvalidInstantError);
  });
});
