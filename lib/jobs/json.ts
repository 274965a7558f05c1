/** A value that survives `JSON.parse(JSON.stringify(value))` unchanged. @publicApi */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** An object of {@link JsonValue}s. @publicApi */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

/** A place inside a value where JSON would lose something. */
export interface JsonFlaw {
  /** Such as `args[0].when`. */
  readonly path: string;
  /** Such as `a Date`. */
  readonly found: string;
}

const MAX_DEPTH = 100;

/**
 * The first place where `value` would not survive a round trip through JSON, or `null` when it would.
 * An absent optional property (`{ a: undefined }`) survives: it is simply not there afterwards.
 */
export function findJsonFlaw(value: unknown, path: string, depth = 0): JsonFlaw | null {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return null;
  if (typeof value === 'number') return Number.isFinite(value) ? null : { path, found: String(value) };
  if (typeof value !== 'object') return { path, found: describePrimitive(value) };
  if (depth > MAX_DEPTH) return { path, found: `nesting deeper than ${MAX_DEPTH} levels, or a cycle` };
  if (Array.isArray(value)) return findFlawInArray(value, path, depth);
  return findFlawInObject(value, path, depth);
}

function findFlawInArray(values: readonly unknown[], path: string, depth: number): JsonFlaw | null {
  for (let i = 0; i < values.length; i++) {
    const flaw = findJsonFlaw(values[i], `${path}[${i}]`, depth + 1);
    if (flaw) return flaw;
  }
  return null;
}

function findFlawInObject(value: object, path: string, depth: number): JsonFlaw | null {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    const { constructor } = value as { readonly constructor?: { readonly name?: string } };
    return { path, found: `a ${constructor?.name || 'class instance'}` };
  }
  if (Object.getOwnPropertySymbols(value).length > 0) return { path, found: 'a symbol key' };
  for (const [key, child] of Object.entries(value)) {
    if (child === undefined) continue;
    const flaw = findJsonFlaw(child, `${path}.${key}`, depth + 1);
    if (flaw) return flaw;
  }
  return typeof (value as { toJSON?: unknown }).toJSON === 'function' ? { path, found: 'an object with toJSON' } : null;
}

function describePrimitive(value: unknown): string {
  if (value === undefined) return 'undefined';
  return typeof value === 'function' ? 'a function' : `a ${typeof value}`;
}
