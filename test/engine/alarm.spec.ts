import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SystemClock } from '../../lib/clock.js';
import { Alarm } from '../../lib/engine/alarm.js';
import { at } from '../../lib/triggers/at.js';
import { interval } from '../../lib/triggers/interval.js';
import { Harness } from '../support/scheduler-harness.js';
import { settle, VirtualClock } from '../support/virtual-clock.js';
import { FakeStore } from './support/fake-store.js';
import { runsOf, slotsOnRecord } from './support/slots.js';
import { SuspendingClock } from './support/suspending-clock.js';

const START = '2030-01-01T00:00:00.000Z';
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Notes how long the timers are that are asked for. */
class NotingClock extends VirtualClock {
  readonly delays: number[] = [];

  override setTimer(callback: () => void, delayMs: number): ReturnType<VirtualClock['setTimer']> {
    this.delays.push(delayMs);
    return super.setTimer(callback, delayMs);
  }
}

/** Has turns of the event loop, each of which takes some microseconds; the wall clock shows whole milliseconds. */
class TurningClock extends VirtualClock {
  readonly turns: (() => void)[] = [];
  #passed = 0;
  turnTakesMs = 0.01;

  override monotonic(): number {
    return super.monotonic() + this.#passed;
  }

  nextTurn(callback: () => void): ReturnType<VirtualClock['setTimer']> {
    this.turns.push(callback);
    return { cancel: () => void this.turns.splice(this.turns.indexOf(callback), 1) };
  }

  turn(): void {
    this.#passed += this.turnTakesMs;
    this.turns.shift()?.();
  }
}

describe('an alarm', () => {
  let clock: VirtualClock;
  let alarm: Alarm;
  let ended: string[];

  beforeEach(() => {
    clock = new VirtualClock(START);
    alarm = new Alarm(clock, true);
    ended = [];
  });

  const waitFor = (ms: number | null, longestMs = Infinity): void => {
    const instant = ms === null ? null : clock.now() + ms;
    void alarm.wait(instant, longestMs).then((isTimeUp) => ended.push(isTimeUp ? 'time is up' : 'woken'));
  };

  it('rings at its instant and not a millisecond earlier', async () => {
    waitFor(45_000);
    await clock.advance(44_999);
    expect(ended).toEqual([]);
    await clock.advance(1);
    expect(ended).toEqual(['time is up']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('rounds fractions of a millisecond up, never down', async () => {
    waitFor(0.2);
    expect(clock.untilNextTimer).toBe(1);
    await clock.advance(1);
    expect(ended).toEqual(['time is up']);
  });

  it('waits the last millisecond out in turns of the event loop, as timers ring late', async () => {
    const turning = new TurningClock(START);
    let isUp = false;
    void new Alarm(turning, true).wait(turning.now() + 20, Infinity).then((isTimeUp) => (isUp = isTimeUp));
    await turning.advance(19);
    expect(turning.pendingTimers).toBe(0);
    for (let turn = 0; turn < 100; turn++) turning.turn();
    await settle();
    expect(isUp).toBe(false);
    await turning.advance(1);
    turning.turn();
    await settle();
    expect(isUp).toBe(true);
    expect(turning.turns).toEqual([]);
  });

  it('waits by timers for what is not an instant, and for what is so near that fires may follow each other closely', () => {
    const turning = new TurningClock(START);
    const alarm = new Alarm(turning, true);
    for (const wait of [() => alarm.wait(null, 100), () => alarm.wait(turning.now() + 9, Infinity)]) {
      void wait();
      expect(turning.untilNextTimer).toBeGreaterThanOrEqual(9);
      alarm.wake();
      alarm.reset();
    }
    expect(turning.turns).toEqual([]);
  });

  it.each([
    ['every clock', 0, 1],
    ['the wall clock', 0.25, 9],
  ])('goes on by a timer when %s stands still, as one that a test has replaced', async (_which, takesMs, most) => {
    const turning = new TurningClock(START);
    turning.turnTakesMs = takesMs;
    const alarm = new Alarm(turning, true);
    void alarm.wait(turning.now() + 20, Infinity);
    await turning.advance(19);
    let turns = 0;
    for (; turning.turns.length > 0; turns++) turning.turn();
    expect(turns).toBeLessThanOrEqual(most);
    expect(turning.untilNextTimer).toBe(1);
    alarm.wake();
    expect(turning.pendingTimers).toBe(0);
  });

  it('forgets the turn that it waits for when it is woken', async () => {
    const turning = new TurningClock(START);
    const alarm = new Alarm(turning, true);
    void alarm.wait(turning.now() + 20, Infinity);
    await turning.advance(19);
    expect(turning.turns).toHaveLength(1);
    alarm.wake();
    expect(turning.turns).toEqual([]);
  });

  it('leaves a timer alone for as long as the clock says it may', async () => {
    const trusted = new (class extends NotingClock {
      readonly longestTimerMs = HOUR;
    })(START);
    void new Alarm(trusted, true).wait(trusted.now() + 2 * HOUR + 1, Infinity);
    await trusted.advance(3 * HOUR);
    expect(trusted.delays).toEqual([HOUR, HOUR, 1]);
  });

  it('P13 follows a wall clock that steps forward within 30 s', async () => {
    waitFor(HOUR);
    await clock.advance(1_000);
    clock.step(HOUR);
    await clock.advance(29_000);
    expect(ended).toEqual(['time is up']);
  });

  it('P13 waits for a wall clock that steps back, never early', async () => {
    waitFor(10_000);
    await clock.advance(5_000);
    clock.step(-HOUR);
    await clock.advance(HOUR + 4_999);
    expect(ended).toEqual([]);
    await clock.advance(1);
    expect(ended).toEqual(['time is up']);
  });

  it('waits no longer than it is told, whatever the wall clock does', async () => {
    waitFor(10_000, 20_000);
    clock.step(-HOUR);
    await clock.advance(19_999);
    expect(ended).toEqual([]);
    await clock.advance(1);
    expect(ended).toEqual(['time is up']);
  });

  it('waits for ever without an instant, until it is woken', async () => {
    waitFor(null);
    await clock.advance(10 * DAY);
    expect(ended).toEqual([]);
    alarm.wake();
    await settle();
    expect(ended).toEqual(['woken']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not forget who woke it before it slept, unless told to', async () => {
    alarm.wake();
    waitFor(1_000);
    await settle();
    expect(ended).toEqual(['woken']);
    alarm.reset();
    waitFor(1_000);
    await settle();
    expect(ended).toEqual(['woken']);
    await clock.advance(1_000);
    expect(ended).toEqual(['woken', 'time is up']);
  });

  it('does not wait for what is past', async () => {
    waitFor(-1);
    await settle();
    expect(ended).toEqual(['woken']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('rests through wake-ups, and remembers them; only being roused ends the rest', async () => {
    let rests = 0;
    const rest = async (): Promise<void> => {
      await alarm.rest(10_000);
      rests++;
    };
    void rest();
    alarm.wake();
    await clock.advance(9_999);
    expect(rests).toBe(0);
    await clock.advance(1);
    expect(rests).toBe(1);
    waitFor(60_000);
    await settle();
    expect(ended).toEqual(['woken']);

    void rest();
    alarm.rouse();
    await settle();
    expect(rests).toBe(2);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("the host's own clock", () => {
  const clock = new SystemClock();
  afterEach(() => void vi.useRealTimers());

  it('has turns of the event loop, which can be cancelled', async () => {
    const called: string[] = [];
    await new Promise<void>((resolve) => {
      clock.nextTurn?.(() => called.push('first'));
      clock.nextTurn?.(() => called.push('cancelled')).cancel();
      clock.nextTurn?.(() => resolve());
      called.push('now');
    });
    expect(called).toEqual(['now', 'first']);
  });

  it('keeps the event loop turning, which would not wait for them otherwise', () => {
    const setImmediates = vi.spyOn(globalThis, 'setImmediate');
    const turn = clock.nextTurn?.(() => {});
    expect(setImmediates.mock.results.map(({ value }) => (value as NodeJS.Immediate).hasRef())).toEqual([true]);
    turn?.cancel();
    setImmediates.mockRestore();
  });

  it.each([[undefined], [['setTimeout', 'clearTimeout', 'Date'] as const]])(
    'has none while a test stands in for it, whose time would not wait for them',
    async (toFake) => {
      vi.useFakeTimers(toFake && { toFake: [...toFake] });
      expect(clock.nextTurn).toBeUndefined();
      const alarm = new Alarm(clock, true);
      let isUp = false;
      void alarm.wait(Date.now() + 1_000, Infinity).then((isTimeUp) => (isUp = isTimeUp));
      await vi.advanceTimersByTimeAsync(999);
      expect(isUp).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      expect(isUp).toBe(true);
    },
  );
});

describe('a scheduler and its clock', () => {
  let harness: Harness;
  afterEach(() => harness.scheduler.shutdown(0));

  it('P12 fires after 60 days on the millisecond, by timers of at most 30 s', async () => {
    const clock = new NotingClock(START);
    harness = new Harness({}, clock);
    const calls = harness.task('once');
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'once', task: 'once', trigger: at('2030-03-02T00:00:00.001') });
    clock.delays.length = 0;
    await clock.advance(600_000);
    expect(Math.max(...clock.delays.filter((delay) => delay !== HOUR))).toBeLessThanOrEqual(30_000);
    expect(calls).toEqual([]);
    // The rest of the way in one sleep of the machine would be late; awake it is on time.
    clock.step(60 * DAY - 600_000 - 60_000);
    await clock.advance(60_000);
    expect(calls).toEqual([]);
    await clock.advance(1);
    expect(calls).toMatchObject([{ at: '2030-03-02T00:00:00.001Z' }]);
    expect(Math.max(...clock.delays)).toBeLessThan(2 ** 31);
  });

  it('P12 takes a lease and an interval of months as they are', async () => {
    const clock = new NotingClock(START);
    harness = new Harness({ store: new FakeStore(), leaseTtl: { days: 120 } }, clock);
    const calls = harness.task('rare');
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'rare', task: 'rare', trigger: interval({ days: 100 }) });
    await clock.advance(60_000);
    expect(calls).toEqual([]);
    expect(clock.delays.length).toBeLessThan(300);
    expect(Math.max(...clock.delays)).toBeLessThan(2 ** 31);
  });

  it('P13 makes up after a suspend for what it has slept through, by the misfire policy, and goes on', async () => {
    const clock = new SuspendingClock(START);
    harness = new Harness({}, clock);
    const calls = harness.task('tick');
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'all', task: 'tick', args: ['all'], trigger: interval({ minutes: 1 }) });
    await harness.service.addJob({
      id: 'strict',
      task: 'tick',
      args: ['strict'],
      trigger: interval({ minutes: 1 }),
      misfireGraceTime: { seconds: 40 },
    });
    await clock.advance(60_000);
    clock.suspend(8 * HOUR);
    await clock.advance(30_000);
    expect(calls.map(({ args }) => String(args[0])).sort()).toEqual(['all', 'all', 'strict', 'strict']);
    expect(harness.of('run.skipped')).toMatchObject([{ jobId: 'all', reason: 'coalesced', count: 479 }]);
    expect(harness.of('run.missed')).toMatchObject([{ jobId: 'strict', reason: 'misfire', count: 479 }]);
    calls.length = 0;
    await clock.advance(60_000);
    expect(calls).toHaveLength(2);
  });

  it('P13 fires what a step of the clock has passed within 30 s, and nothing twice when it steps back', async () => {
    harness = new Harness();
    harness.task('tick');
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'tick', task: 'tick', trigger: interval({ minutes: 10 }) });
    const { clock } = harness;
    await clock.advance(11 * 60_000);
    clock.step(2 * HOUR);
    await clock.advance(30_000);
    clock.step(-2 * HOUR);
    await clock.advance(3 * HOUR);
    const runs = (await harness.service.getRuns({ jobId: 'tick', limit: 1_000 })).runs;
    const slots = runs
      .filter(({ state }) => state === 'succeeded')
      .map(({ scheduledTime }) => scheduledTime.toISOString());
    expect(new Set(slots).size).toBe(slots.length);
    for (const { startedAt, scheduledTime } of runs) {
      if (startedAt) expect(startedAt.getTime()).toBeGreaterThanOrEqual(scheduledTime.getTime());
    }
    expect(slots).toContain('2030-01-01T03:10:00.000Z');
  });

  it('wakes for what becomes due sooner than what it waits for', async () => {
    harness = new Harness();
    const calls = harness.task('tick');
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'late', task: 'tick', args: ['late'], trigger: at('2030-01-01T00:00:20') });
    await harness.clock.advance(1_000);
    await harness.service.addJob({ id: 'soon', task: 'tick', args: ['soon'], trigger: at('2030-01-01T00:00:02') });
    await harness.clock.advance(1_000);
    expect(calls).toMatchObject([{ args: ['soon'], at: '2030-01-01T00:00:02.000Z' }]);
    await harness.service.rescheduleJob('late', at('2030-01-01T00:00:03'));
    await harness.clock.advance(1_000);
    expect(calls).toMatchObject([{ args: ['soon'] }, { args: ['late'], at: '2030-01-01T00:00:03.000Z' }]);
  });

  it('looks at once when another session has changed something', async () => {
    const store = new FakeStore({ pollIntervalMs: 20_000 });
    harness = new Harness({ store });
    await harness.scheduler.start();
    await settle();
    const peeks = store.count('peek');
    store.notify();
    await settle();
    expect(store.count('peek')).toBe(peeks + 1);
  });

  it('looks as often as the store wants it, also when that changes', async () => {
    const store = new FakeStore({ pollIntervalMs: 10_000 });
    harness = new Harness({ store });
    await harness.scheduler.start();
    await harness.clock.advance(20_000);
    const peeksIn = async (ms: number): Promise<number> => {
      const before = store.count('peek');
      await harness.clock.advance(ms);
      return store.count('peek') - before;
    };
    expect(await peeksIn(20_000)).toBe(2);
    store.pollIntervalMs = 1_000;
    await harness.clock.advance(10_000);
    expect(await peeksIn(20_000)).toBe(20);
  });

  it('does next to nothing for a day without jobs, and is on time afterwards', async () => {
    const store = new FakeStore({ isShared: false });
    harness = new Harness({ stores: { default: store } });
    const calls = harness.task('tick');
    await harness.scheduler.start();
    await settle();
    store.resetCounts();
    await harness.clock.advance(DAY);
    expect(store.count('peek')).toBeLessThanOrEqual(DAY / 30_000);
    expect(store.count('claim')).toBe(0);
    await harness.service.addJob({ id: 'once', task: 'tick', trigger: at('2030-01-02T00:00:00.500') });
    await harness.clock.advance(500);
    expect(calls).toMatchObject([{ at: '2030-01-02T00:00:00.500Z' }]);
  });

  it.each([
    ['ahead', HOUR],
    ['behind', -HOUR],
  ])(
    'W06 G7 fires by the clock of the store while its own is an hour %s: nothing early, no false misses',
    async (_, ms) => {
      const store = new FakeStore();
      store.clockOffset = -ms;
      harness = new Harness({ store });
      harness.task('tick');
      await harness.scheduler.start();
      await harness.service.addJob({
        id: 'tick',
        task: 'tick',
        trigger: interval({ seconds: 10 }),
        misfireGraceTime: { seconds: 2 },
      });
      await harness.clock.advance(35_000);
      const runs = await runsOf(store.inner, 'tick');
      expect(runs.map(({ state }) => state)).toEqual(['succeeded', 'succeeded', 'succeeded']);
      for (const { startedAt, scheduledAt } of runs) expect(startedAt).toBe(scheduledAt);
    },
  );

  it('W06 finds out within one poll interval that its own clock has stepped, either way', async () => {
    const store = new FakeStore({ pollIntervalMs: 1_000 });
    harness = new Harness({ store });
    harness.task('tick');
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'tick', task: 'tick', trigger: interval({ seconds: 10 }) });
    for (const step of [HOUR, -HOUR, -HOUR, HOUR]) {
      await harness.clock.advance(5_000);
      harness.clock.step(step);
      store.clockOffset -= step;
      await harness.clock.advance(5_000);
    }
    const runs = await runsOf(store.inner, 'tick');
    expect(runs).toHaveLength(4);
    for (const { startedAt, scheduledAt } of runs) expect((startedAt ?? 0) - scheduledAt).toBeLessThanOrEqual(1_000);
  });

  it('W07 G2 waits when the clock of the store steps back, and fires nothing twice', async () => {
    const store = new FakeStore();
    harness = new Harness({ store });
    const calls = harness.task('tick');
    await harness.scheduler.start();
    await harness.service.addJob({ id: 'tick', task: 'tick', trigger: interval({ seconds: 10 }) });
    await harness.clock.advance(35_000);
    store.clockOffset = -60_000;
    await harness.clock.advance(60_000);
    expect(calls).toHaveLength(3);
    await harness.clock.advance(60_000);
    const runs = await runsOf(store.inner, 'tick');
    expect([...slotsOnRecord(runs, 10_000).values()].every((times) => times === 1)).toBe(true);
    expect(calls.length).toBe(9);
    expect(harness.types('run.lost', 'node.lost', 'store.')).toEqual([]);
  });
});
