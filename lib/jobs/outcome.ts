import { types } from 'node:util';
import { toStored } from './json.js';
import type { RunError, RunOutcome } from './run-record.js';

const MAX_TEXT = 16 * 1024;

/** What is stored of a handler's return value. A result never fails a run: what can't be kept is marked. */
export function outcomeOfResult(value: unknown): RunOutcome | null {
  if (value === undefined) return null;
  try {
    const result = toStored(value, 'result');
    if (result === 'too-large') return { resultOmitted: 'too-large' };
    return 'stored' in result ? { result: result.stored } : { resultOmitted: 'not-json' };
  } catch {
    // A getter or proxy that throws.
    return { resultOmitted: 'not-json' };
  }
}

/** What an attempt has failed of, whether or not that was told. */
export function errorOf(outcome: RunOutcome | null): RunError {
  return outcome?.error ?? describeError('unknown error');
}

/** Whatever was thrown, as plain data. */
export function describeError(error: unknown): RunError {
  try {
    // Test runners and vm contexts have an `Error` of their own.
    if (error instanceof Error || types.isNativeError(error)) {
      return {
        name: shorten(String(error.name || 'Error')),
        message: shorten(String(error.message)),
        ...(typeof error.stack === 'string' ? { stack: shorten(error.stack) } : {}),
      };
    }
    return {
      name: 'NonError',
      message: shorten(typeof error === 'string' ? error : (JSON.stringify(error) ?? String(error))),
    };
  } catch {
    return { name: 'NonError', message: 'a thrown value that could not be described' };
  }
}

function shorten(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
