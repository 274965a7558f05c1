import { fromEvent, isObservable, lastValueFrom, map, takeUntil } from 'rxjs';
import type { Observable } from 'rxjs';

/** A run, whose signal is not read, and so not made, unless it is needed. */
interface Abortable {
  readonly signal: AbortSignal;
}

/**
 * What a handler returned, settled: an Observable, or a promise of one, is subscribed and stands for its last value
 * (`undefined` without any), as Nest does for controllers; it is unsubscribed, and fails, when the run is aborted.
 */
export async function settleValue(value: unknown, run: Abortable): Promise<unknown> {
  const settled = await value;
  return isObservable(settled) ? lastValueOf(settled, run.signal) : settled;
}

function lastValueOf(source: Observable<unknown>, signal: AbortSignal): Promise<unknown> {
  signal.throwIfAborted();
  const aborted$ = fromEvent(signal, 'abort').pipe(
    map(() => {
      throw signal.reason;
    }),
  );
  return lastValueFrom(source.pipe(takeUntil(aborted$)), { defaultValue: undefined });
}
