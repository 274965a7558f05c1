import { showValue } from '../errors/show-value.js';
import { InvalidAliasError } from './engine-errors.js';

/** The store that jobs live in that every process runs for itself. */
export const LOCAL_STORE = 'local';

const ALIAS = /^[\x21-\x7E]{1,64}$/;

/** @throws {InvalidAliasError} */
export function assertAlias(alias: unknown, what: string): void {
  if (typeof alias === 'string' && ALIAS.test(alias)) return;
  throw new InvalidAliasError(
    `${what}: the alias ${showValue(alias)} must be 1 to 64 printable ASCII characters, no blanks.`,
  );
}
