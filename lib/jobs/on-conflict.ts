import { showValue } from '../errors/show-value.js';
import { InvalidJobOptionError } from './job-errors.js';

const ON_CONFLICT: readonly unknown[] = ['error', 'replace', 'ignore'];

/** @throws {InvalidJobOptionError} for what says nothing about an id that is taken */
export function assertOnConflict(value: unknown, what: string): void {
  if (ON_CONFLICT.includes(value)) return;
  throw new InvalidJobOptionError(
    `${what}: onConflict must be 'error', 'replace' or 'ignore', got ${showValue(value)}.`,
  );
}
