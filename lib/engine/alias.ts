import { showValue } from '../errors/show-value.js';
import type { NodesSeen } from '../stores/job-store.js';
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

export function sameStoreError(one: string, other: string): InvalidAliasError {
  return new InvalidAliasError(
    `The stores "${one}" and "${other}" are one object: every job in it would be there twice. Keep one alias.`,
  );
}

/**
 * @param seen the nodes of a store that the node `nodeId` has not joined yet
 * @throws {InvalidAliasError} when it is there already: this scheduler works on the database under another alias
 */
export function assertOnlyAlias(alias: string, nodeId: string, { nodes, now }: NodesSeen): void {
  const own = nodes.find(({ id }) => id === nodeId);
  if (!own || own.leaseUntil <= now) return;
  throw new InvalidAliasError(
    `The store "${alias}" is the database of another store of this scheduler: every job in it would be there ` +
      `twice. Keep one alias, or give them different values of tablePrefix.`,
  );
}
