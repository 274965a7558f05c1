import { filter, map, mergeWith, NEVER, take } from 'rxjs';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { EventBus } from '../../lib/events/event-bus.js';
import { ofType } from '../../lib/events/event-stream.js';
import type { RunFailedEvent, RunMissedEvent, SchedulerEvent } from '../../lib/events/scheduler-event.js';
import { failed, missed, paused, started, succeeded } from './sample-events.js';
import { recordingLogs } from './recording-logger.js';

const silent = <T>(fn: Parameters<typeof recordingLogs<T>>[1]) => recordingLogs(['error'], fn);

describe('EventBus', () => {
  it('hands every event to every subscriber, in the order of emission', () =>
    silent(() => {
      const bus = new EventBus();
      const first: string[] = [];
      const second: string[] = [];
      bus.events$.subscribe((event) => first.push(event.type));
      bus.events$.subscribe({ next: (event) => second.push(event.type) });

      for (const event of [started, succeeded, paused]) bus.emit(event);

      expect(first).toEqual(['run.started', 'run.succeeded', 'scheduler.paused']);
      expect(second).toEqual(first);
    }));

  it('lets no subscriber change an event that others are handed, too', () =>
    silent((logger) => {
      const bus = new EventBus();
      const seen: unknown[] = [];
      bus.events$.subscribe((event) => Object.assign(event, { type: 'run.lost' }));
      bus.events$.subscribe((event) => seen.push(event.type));

      bus.emit({ ...succeeded });

      expect(seen).toEqual(['run.succeeded']);
      expect(logger.lines.map(({ message }) => message)).toEqual([expect.stringContaining('read only property')]);
    }));

  it('P08 shows one order to all, even when a subscriber causes the next event', () =>
    silent(() => {
      const bus = new EventBus();
      const seen: string[] = [];
      bus.events$.pipe(ofType('run.started')).subscribe(() => bus.emit(succeeded));
      bus.addListener(['run.succeeded'], () => bus.emit(paused), 'A.b');
      bus.events$.subscribe((event) => seen.push(event.type));

      bus.emit(started);

      expect(seen).toEqual(['run.started', 'run.succeeded', 'scheduler.paused']);
    }));

  it.each([
    [[], 'names no event'],
    [['run.fail'], "Did you mean 'run.failed'?"],
    [['run.failed', undefined], 'there is no event undefined'],
  ])('is not narrowed to what is no type of event: %j', (types, word) => {
    const narrow = (): unknown => ofType(...(types as ['run.failed']));
    expect(narrow).toThrow(expect.objectContaining({ code: 'INVALID_EVENT_TYPE' }));
    expect(narrow).toThrow(word);
  });

  it('is hot: a late subscriber sees what comes, and nothing after it has unsubscribed', () =>
    silent(() => {
      const bus = new EventBus();
      const seen: SchedulerEvent[] = [];
      bus.emit(started);
      const subscription = bus.events$.subscribe((event) => seen.push(event));
      bus.emit(succeeded);
      subscription.unsubscribe();
      bus.emit(paused);

      expect(seen).toEqual([succeeded]);
    }));

  it('does not hand an event to somebody who was removed while it was handed out', () =>
    silent(() => {
      const bus = new EventBus();
      const seen: string[] = [];
      bus.events$.subscribe(() => {
        subscription.unsubscribe();
        removeListener();
      });
      const subscription = bus.events$.subscribe(() => seen.push('subscriber'));
      const removeListener = bus.addListener(['run.started'], () => seen.push('listener'), 'A.b');

      bus.emit(started);

      expect(seen).toEqual([]);
    }));

  it('gives listeners the types they asked for, until they are removed', () =>
    silent(() => {
      const bus = new EventBus();
      const seen: SchedulerEvent[] = [];
      const remove = bus.addListener(['run.failed', 'run.missed'], (event) => seen.push(event), 'Alerts.page');
      for (const event of [started, failed, missed]) bus.emit(event);
      remove();
      bus.emit(failed);

      expect(seen).toEqual([failed, missed]);
    }));

  describe('wants', () => {
    it('is false while nobody listens and the level is off, and true again with each kind of receiver', () =>
      recordingLogs(['error'], () => {
        const bus = new EventBus();
        expect(bus.wants('run.started')).toBe(false);
        expect(bus.wants('run.failed')).toBe(true);

        const subscription = bus.events$.subscribe();
        expect(bus.wants('run.started')).toBe(true);
        subscription.unsubscribe();
        expect(bus.wants('run.started')).toBe(false);

        const remove = bus.addListener(['run.started'], () => {}, 'A.b');
        expect(bus.wants('run.started')).toBe(true);
        expect(bus.wants('run.succeeded')).toBe(false);
        remove();
        expect(bus.wants('run.started')).toBe(false);
      }));

    it('does not ask for the events that every subscriber leaves out by ofType', () =>
      silent(() => {
        const bus = new EventBus();
        bus.events$.pipe(ofType('run.missed', 'job.added')).subscribe();

        expect(bus.wants('run.missed')).toBe(true);
        expect(bus.wants('job.added')).toBe(true);
        expect(bus.wants('run.started')).toBe(false);
      }));
  });

  describe('ofType', () => {
    it('narrows to the union of the given types, wherever it stands in the chain', () =>
      silent(() => {
        const bus = new EventBus();
        const seen: SchedulerEvent[] = [];
        const later: SchedulerEvent[] = [];
        bus.events$.pipe(ofType('run.failed', 'run.missed')).subscribe((event) => {
          expectTypeOf(event).toEqualTypeOf<RunFailedEvent | RunMissedEvent>();
          seen.push(event);
        });
        const fromNode1 = filter((event: SchedulerEvent) => event.node === 'node-1');
        bus.events$.pipe(fromNode1, ofType('run.missed')).subscribe((event) => later.push(event));

        for (const event of [started, failed, missed]) bus.emit(event);

        expect(seen).toEqual([failed, missed]);
        expect(later).toEqual([missed]);
      }));
  });

  describe('when somebody throws', () => {
    it('goes on for that subscriber and for all others, and logs it', () =>
      silent((logger) => {
        const bus = new EventBus();
        const calls: string[] = [];
        bus.events$.subscribe((event) => {
          calls.push(`thrower ${event.type}`);
          throw new Error('full disk');
        });
        bus.events$.subscribe((event) => calls.push(`other ${event.type}`));

        bus.emit(started);
        bus.emit(succeeded);

        expect(calls).toEqual([
          'thrower run.started',
          'other run.started',
          'thrower run.succeeded',
          'other run.succeeded',
        ]);
        expect(logger.lines).toHaveLength(2);
        expect(logger.lines[0]).toMatchObject({
          level: 'error',
          message: 'A subscriber of events$ failed: Error: full disk',
          stack: expect.stringContaining('event-bus.spec'),
        });
      }));

    it('ends the subscription whose operator threw, and reports it unless it is handled', () =>
      silent((logger) => {
        const bus = new EventBus();
        const handled: unknown[] = [];
        const error = new Error('no such field');
        const thrower = map(() => {
          throw error;
        });
        bus.events$.pipe(thrower).subscribe();
        bus.events$.pipe(mergeWith(NEVER), thrower).subscribe({ error: (reason) => handled.push(reason) });
        bus.emit(started);
        bus.emit(succeeded);

        expect(handled).toEqual([error]);
        expect(logger.lines.map(({ message }) => message)).toEqual([
          'A subscriber of events$ failed: Error: no such field',
        ]);
      }));

    it('catches what error and complete handlers throw', () =>
      silent((logger) => {
        const bus = new EventBus();
        const fail = (text: string) => () => {
          throw new Error(text);
        };
        bus.events$.pipe(take(1)).subscribe({ complete: fail('at complete') });
        bus.events$.pipe(map(fail('first'))).subscribe({ error: fail('at error') });
        bus.emit(started);

        expect(logger.lines.map(({ message }) => message)).toEqual([
          'A subscriber of events$ failed: Error: at complete',
          'A subscriber of events$ failed: Error: at error',
        ]);
      }));

    it('names the listener that threw or rejected, and goes on', () =>
      silent(async (logger) => {
        const bus = new EventBus();
        let calls = 0;
        bus.addListener(
          ['run.started'],
          () => {
            throw new TypeError('sync');
          },
          'Alerts.page (AppModule)',
        );
        bus.addListener(['run.started'], () => Promise.reject(new TypeError('async')), 'Alerts.mail (AppModule)');
        bus.addListener(['run.started'], () => calls++, 'Alerts.count (AppModule)');
        bus.emit(started);
        await Promise.resolve();

        expect(calls).toBe(1);
        expect(logger.lines.map(({ message }) => message)).toEqual([
          'The event listener Alerts.page (AppModule) failed: TypeError: sync',
          'The event listener Alerts.mail (AppModule) failed: TypeError: async',
        ]);
      }));

    it('survives a logger that throws', () =>
      silent((logger) => {
        logger.error = () => {
          throw new Error('log file is gone');
        };
        const bus = new EventBus();
        const seen: SchedulerEvent[] = [];
        bus.events$.subscribe(() => {
          throw new Error('boom');
        });
        bus.events$.subscribe((event) => seen.push(event));
        bus.emit(failed);
        bus.emit(started);

        expect(seen).toEqual([failed, started]);
      }));
  });
});
