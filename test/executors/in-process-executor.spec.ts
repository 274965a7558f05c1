/* oxlint-disable unicorn/no-thenable -- handlers may return any thenable, broken ones too */
import { EMPTY, from, NEVER, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { ExecutorSession, Work } from '../../lib/executors/executor.js';
import { InvalidInProcessOptionError } from '../../lib/executors/in-process/in-process-errors.js';
import { InProcessExecutor } from '../../lib/executors/in-process/in-process-executor.js';
import { settle, VirtualClock } from '../support/virtual-clock.js';

function workOf(call: () => unknown, signal = new AbortController().signal): Work {
  return { runId: 'a@2030-01-01T00:00:00.000Z', jobId: 'a', task: 'A.b', args: [], signal, timeout: null, call };
}

function open(concurrency?: number, clock = new VirtualClock()): Promise<ExecutorSession> {
  return new InProcessExecutor({ concurrency }).open({ alias: 'default', clock });
}

function deferred() {
  let resolve!: () => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

describe('InProcessExecutor', () => {
  it('answers at once for a synchronous handler', async () => {
    const session = await open();
    expect(session.submit(workOf(() => 42))).toEqual({ state: 'succeeded', value: 42 });
    expect(session.submit(workOf(() => undefined))).toEqual({ state: 'succeeded', value: undefined });
  });

  it('waits for promises and other thenables', async () => {
    const session = await open();
    const thenable = { then: (resolve: (value: string) => void) => resolve('late') };
    await expect(session.submit(workOf(() => Promise.resolve('soon')))).resolves.toEqual({
      state: 'succeeded',
      value: 'soon',
    });
    await expect(session.submit(workOf(() => thenable))).resolves.toEqual({ state: 'succeeded', value: 'late' });
  });

  it('keeps the very thing that was thrown, whatever it is', async () => {
    const session = await open();
    const error = new TypeError('boom');
    const throwIt = (reason: unknown) => () => {
      throw reason;
    };
    const rejected = { then: (_: unknown, reject: (reason: unknown) => void) => reject('rejected') };

    const outcome = session.submit(workOf(throwIt(error)));
    expect(outcome).toMatchObject({ state: 'failed' });
    expect((outcome as { error: unknown }).error).toBe(error);
    expect(session.submit(workOf(throwIt('a text')))).toEqual({ state: 'failed', error: 'a text' });
    expect(session.submit(workOf(throwIt(undefined)))).toEqual({ state: 'failed', error: undefined });
    await expect(session.submit(workOf(() => Promise.reject(error)))).resolves.toEqual({ state: 'failed', error });
    await expect(session.submit(workOf(() => rejected))).resolves.toEqual({ state: 'failed', error: 'rejected' });
  });

  it('takes a result whose `then` can not even be read as a failure', async () => {
    const session = await open();
    const trap = {
      get then(): never {
        throw new Error('trap');
      },
    };
    expect(session.submit(workOf(() => trap))).toMatchObject({ state: 'failed', error: new Error('trap') });
  });

  describe('when the handler returns an Observable', () => {
    it('subscribes to it and takes its last value as the result', async () => {
      const session = await open();
      await expect(session.submit(workOf(() => from([1, 2, 3])))).resolves.toEqual({ state: 'succeeded', value: 3 });
      await expect(session.submit(workOf(async () => of('inner')))).resolves.toMatchObject({ value: 'inner' });
      await expect(session.submit(workOf(() => EMPTY))).resolves.toEqual({ state: 'succeeded', value: undefined });
    });

    it('fails with its error', async () => {
      const session = await open();
      await expect(session.submit(workOf(() => throwError(() => 'no')))).resolves.toEqual({
        state: 'failed',
        error: 'no',
      });
    });

    it('unsubscribes and fails when the run is aborted', async () => {
      const session = await open();
      const controller = new AbortController();
      const outcome = session.submit(workOf(() => NEVER, controller.signal));
      await settle();
      controller.abort('stop');
      await expect(outcome).resolves.toEqual({ state: 'failed', error: 'stop' });

      const afterAbort = session.submit(workOf(() => NEVER, controller.signal));
      await expect(afterAbort).resolves.toEqual({ state: 'failed', error: 'stop' });
    });
  });

  describe('free slots', () => {
    it('are 100 by default, one fewer for every run in flight, and come back with its end, well or not', async () => {
      const session = await open();
      expect(session.freeSlots()).toBe(100);
      const good = deferred();
      const bad = deferred();
      const first = session.submit(workOf(() => good.promise));
      const second = session.submit(workOf(() => bad.promise));
      expect(session.freeSlots()).toBe(98);
      good.resolve();
      bad.reject(new Error('boom'));
      await first;
      await second;
      expect(session.freeSlots()).toBe(100);
    });

    it('are never negative, and none are left after a shutdown', async () => {
      const session = await open(1);
      void session.submit(workOf(() => NEVER));
      void session.submit(workOf(() => NEVER));
      expect(session.freeSlots()).toBe(0);

      const other = await open(1);
      await other.shutdown({ timeoutMs: 1000 });
      expect(other.freeSlots()).toBe(0);
    });
  });

  describe('shutdown', () => {
    it('returns at once when nothing is in flight', async () => {
      const clock = new VirtualClock();
      const session = await open(5, clock);
      await session.submit(workOf(() => 1));
      await session.shutdown({ timeoutMs: 60_000 });
      expect(clock.pendingTimers).toBe(0);
    });

    it('P07 waits for what is in flight and leaves no timer behind', async () => {
      const clock = new VirtualClock();
      const session = await open(5, clock);
      const running = deferred();
      const outcome = session.submit(workOf(() => running.promise));
      let isOver = false;
      const shutdown = session.shutdown({ timeoutMs: 25_000 }).then(() => (isOver = true));
      await clock.advance(24_999);
      expect(isOver).toBe(false);

      running.resolve();
      await shutdown;
      await expect(outcome).resolves.toMatchObject({ state: 'succeeded' });
      expect(clock.pendingTimers).toBe(0);
    });

    it('P07 lets go at the timeout, and a second, shorter one shortens the first', async () => {
      const clock = new VirtualClock();
      const session = await open(5, clock);
      void session.submit(workOf(() => NEVER));
      let over = 0;
      void session.shutdown({ timeoutMs: 25_000 }).then(() => over++);
      void session.shutdown({ timeoutMs: 10 }).then(() => over++);
      await clock.advance(9);
      expect(over).toBe(0);
      await clock.advance(1);
      expect(over).toBe(2);
      expect(clock.pendingTimers).toBe(0);
    });
  });

  it('serves several applications from one object', async () => {
    const executor = new InProcessExecutor({ concurrency: 1 });
    const clock = new VirtualClock();
    const first = await executor.open({ alias: 'default', clock });
    const second = await executor.open({ alias: 'default', clock });
    await first.shutdown({ timeoutMs: 0 });
    expect(second.freeSlots()).toBe(1);
  });

  it('refuses a list in place of its options', () => {
    const refused = (): unknown => new InProcessExecutor([] as never);
    expect(refused).toThrow(InvalidInProcessOptionError);
    expect(refused).toThrow('InProcessExecutor takes an object of options');
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '5', null])(
    'refuses a concurrency of %j',
    (concurrency) => {
      expect(() => new InProcessExecutor({ concurrency: concurrency as number })).toThrow(InvalidInProcessOptionError);
      expect(() => new InProcessExecutor({ concurrency: concurrency as number })).toThrow(
        /"concurrency" of InProcessExecutor is .* whole number of at least 1/,
      );
    },
  );

  it('refuses options that it does not know, by name', () => {
    const options = { concurency: 5 } as object;
    expect(() => new InProcessExecutor(options)).toThrow(
      'InProcessExecutor has no option "concurency". It knows: concurrency.',
    );
    expect(() => new InProcessExecutor(5 as unknown as object)).toThrow(/takes an object of options.*was given 5/);
  });
});
