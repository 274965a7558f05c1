import { showValue } from '../errors/show-value.js';
import { InvalidAliasError, InvalidOptionError } from './engine-errors.js';

const ALIAS = /^[\x21-\x7E]{1,64}$/;

/** @throws {InvalidAliasError} */
export function assertAlias(alias: unknown, what: string): void {
  if (typeof alias === 'string' && ALIAS.test(alias)) return;
  throw new InvalidAliasError(
    `${what}: the alias ${showValue(alias)} must be 1 to 64 printable ASCII characters, no blanks.`,
  );
}

/** @throws {InvalidOptionError} */
export function assertOpens(value: unknown, what: string, expected: string, example: string): void {
  if (typeof value === 'object' && value !== null && typeof (value as { open?: unknown }).open === 'function') return;
  throw new InvalidOptionError(`${what}: the second argument is not ${expected}. Give one such as ${example}.`);
}
