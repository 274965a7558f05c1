import { filter, Observable } from 'rxjs';
import type { Observer, Operator, OperatorFunction, Subscriber, Subscription } from 'rxjs';
import { faultOfEventTypes, InvalidEventTypeError } from './event-types.js';
import type { SchedulerEvent, SchedulerEventOf, SchedulerEventType } from './scheduler-event.js';

type OnError = (error: unknown) => void;
type ObserverOrNext<T> = Partial<Observer<T>> | ((value: T) => void) | null;

/**
 * An Observable whose subscribers can't harm the process. rxjs throws what a subscriber throws, and an `error` that
 * nobody handles, on an empty stack, which ends a Node process; here both go to `onError`. A subscriber that throws
 * stays subscribed. A rejection of an async subscriber is caught as well.
 *
 * Covered: `subscribe` on the stream itself and on whatever `pipe` makes of it, since operators lift and `lift` keeps
 * the class. An operator whose own function throws ends that one subscription, as everywhere in rxjs (`retry()` goes
 * on), and the error is reported unless the subscriber handles it.
 *
 * Not covered, because rxjs builds them as plain Observables: subscribers of static combinators such as `merge()` and
 * `combineLatest()`, of a `Subject` that was itself subscribed to the stream, and of the inner Observables of
 * `groupBy()` and `window()`. Give those an `error` handler and let them not throw, or use the operator form
 * (`mergeWith`, `combineLatestWith`), which is covered.
 */
class ProtectedObservable<T> extends Observable<T> {
  readonly #onError: OnError;

  constructor(onError: OnError, subscribe?: (subscriber: Subscriber<T>) => () => void) {
    super(subscribe);
    this.#onError = onError;
  }

  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    const lifted = new ProtectedObservable<R>(this.#onError);
    lifted.source = this;
    lifted.operator = operator;
    return lifted;
  }

  override subscribe(
    observerOrNext?: ObserverOrNext<T>,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    // rxjs' own link between two operators: its errors travel on to the subscriber at the end of the chain.
    if (isSubscriber(observerOrNext)) return super.subscribe(observerOrNext);
    const observer =
      typeof observerOrNext === 'object' && observerOrNext !== null
        ? observerOrNext
        : { next: observerOrNext ?? undefined, error: error ?? undefined, complete: complete ?? undefined };
    return super.subscribe(protect(observer, this.#onError));
  }
}

/** The source of a {@link ProtectedObservable} that knows which of its events a subscriber is interested in. */
export class EventStream extends ProtectedObservable<SchedulerEvent> {
  readonly #narrow: (types: readonly SchedulerEventType[]) => Observable<SchedulerEvent>;

  constructor(
    onError: OnError,
    connect: (types: readonly SchedulerEventType[] | null, subscriber: Subscriber<SchedulerEvent>) => () => void,
  ) {
    super(onError, (subscriber) => connect(null, subscriber));
    this.#narrow = (types) =>
      new ProtectedObservable<SchedulerEvent>(onError, (subscriber) => connect(types, subscriber));
  }

  /** Only events of these types; the others are not even built on its account. */
  ofTypes(types: readonly SchedulerEventType[]): Observable<SchedulerEvent> {
    return this.#narrow(types);
  }
}

/**
 * Lets only events of the given types through and narrows to their union. Directly behind `events$` it also saves
 * the building of all other events.
 *
 * @example
 * scheduler.events$.pipe(ofType('run.failed', 'run.lost')).subscribe((event) => pager.alert(event.jobId));
 * @throws {InvalidEventTypeError} for no type at all and for an unknown one
 * @publicApi
 */
export function ofType<const Types extends readonly SchedulerEventType[]>(
  ...types: Types
): OperatorFunction<SchedulerEvent, SchedulerEventOf<Types[number]>> {
  const fault = faultOfEventTypes(types);
  if (fault) throw new InvalidEventTypeError(`ofType(): ${fault}`);
  const isWanted = (event: SchedulerEvent): event is SchedulerEventOf<Types[number]> => types.includes(event.type);
  return (source) => (source instanceof EventStream ? source.ofTypes(types) : source).pipe(filter(isWanted));
}

function protect<T>(observer: Partial<Observer<T>>, onError: OnError): Observer<T> {
  return {
    next: (value) => guard(() => observer.next?.(value), onError),
    error: (error: unknown) => (observer.error ? guard(() => observer.error?.(error), onError) : onError(error)),
    complete: () => guard(() => observer.complete?.(), onError),
  };
}

/** Calls `fn`, sync or async; what it throws or rejects with goes to `onError`. */
export function guard(fn: () => unknown, onError: OnError): void {
  try {
    const result = fn();
    if (isThenable(result)) result.then(undefined, onError);
  } catch (error) {
    onError(error);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** By shape, as rxjs does: the application may carry a second copy of it. */
function isSubscriber(value: unknown): value is Subscriber<never> {
  if (typeof value !== 'object' || value === null) return false;
  const { next, add, remove, unsubscribe } = value as Partial<Subscriber<never>>;
  return [next, add, remove, unsubscribe].every((method) => typeof method === 'function');
}
