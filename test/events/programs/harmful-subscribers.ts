import { Logger } from '@nestjs/common';
import { asyncScheduler, delay, interval, map, mergeMap, mergeWith, observeOn, share, take, throwError } from 'rxjs';
import { EventBus } from '../../../lib/events/event-bus.js';
import { ofType } from '../../../lib/events/event-stream.js';
import type { SchedulerEvent } from '../../../lib/events/scheduler-event.js';

// Everybody around one honest subscriber misbehaves in a way that rxjs, or Node, would answer with the process's end.

Logger.overrideLogger(false);

const bus = new EventBus();
const { events$ } = bus;
const event: SchedulerEvent = { type: 'scheduler.paused', time: new Date(0), node: 'node-1' };
const calls: Record<string, number> = {};

function count(name: string): void {
  calls[name] = (calls[name] ?? 0) + 1;
}

function fail(name: string): () => never {
  return () => {
    count(name);
    throw new Error(name);
  };
}

function failLater(name: string): () => Promise<never> {
  return async () => fail(name)();
}

// oxlint-disable typescript/no-misused-promises -- users do subscribe async functions
events$.subscribe(fail('function'));
events$.subscribe({ next: fail('observer') });
events$.subscribe(failLater('async'));
events$.pipe(ofType('scheduler.paused')).subscribe(fail('ofType'));
events$.pipe(ofType('scheduler.paused'), share()).subscribe(fail('share'));
events$.pipe(delay(1)).subscribe(fail('delay'));
events$.pipe(observeOn(asyncScheduler)).subscribe(failLater('observeOn'));
events$.pipe(mergeWith(interval(1).pipe(take(2)))).subscribe(fail('mergeWith'));
events$.pipe(map(fail('operator'))).subscribe();
events$.pipe(delay(1), map(fail('late operator'))).subscribe();
events$.pipe(map(fail('operator, handled'))).subscribe({ error: fail('error handler') });
events$.pipe(mergeMap(() => throwError(fail('inner')))).subscribe();
events$.pipe(take(1)).subscribe({ complete: fail('complete handler') });
bus.addListener(['scheduler.paused'], fail('listener'), 'Alerts.sync');
bus.addListener(['scheduler.paused'], failLater('async listener'), 'Alerts.async');
events$.subscribe(() => count('honest'));

bus.emit(event);
bus.emit(event);
process.once('beforeExit', () => bus.emit(event));
process.once('exit', () => process.stdout.write(JSON.stringify(calls)));
