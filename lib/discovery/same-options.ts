import { isPlainObject } from '../errors/object-kinds.js';

/**
 * Where two sets of options differ, such as `jobDefaults.coalesce`, or `null`. Plain objects and lists are compared by
 * what they hold; stores, executors, clocks and functions by identity, as two of them may differ inside.
 */
export function findDifference(a: unknown, b: unknown, path = ''): string | null {
  if (Object.is(a, b)) return null;
  if (Array.isArray(a) && Array.isArray(b))
    return findDifferenceIn(Object.fromEntries(a.entries()), Object.fromEntries(b.entries()), path);
  if (isPlainObject(a) && isPlainObject(b)) return findDifferenceIn(a, b, path);
  return path;
}

function findDifferenceIn(
  a: Readonly<Record<string, unknown>>,
  b: Readonly<Record<string, unknown>>,
  path: string,
): string | null {
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const difference = findDifference(a[key], b[key], path === '' ? key : `${path}.${key}`);
    if (difference !== null) return difference;
  }
  return null;
}
