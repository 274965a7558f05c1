import { RunTimeoutError } from '../executor-errors.js';

/** What a handler ends with, or the timeout of its run: what it does after that is waited for no longer. */
export function untilTimeout<T>(settled: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      if (signal.reason instanceof RunTimeoutError) reject(signal.reason);
    };
    const end = (): void => signal.removeEventListener('abort', onAbort);
    signal.addEventListener('abort', onAbort);
    settled.then(resolve, reject).finally(end);
  });
}
