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

/** A copy that may be changed; the value itself where nobody can change it. */
export function copyOfJson<T extends JsonValue>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return isUnchangeable(value) ? value : (value.map(copyOfJson) as unknown as T);
  const entries = Object.entries(value).map(([key, each]) => [key, each && copyOfJson(each)]);
  return Object.fromEntries(entries) as T;
}

/** Asked of the arguments of each fire: it makes nothing. */
function isUnchangeable(list: readonly unknown[]): boolean {
  if (!Object.isFrozen(list)) return false;
  for (const item of list) if (typeof item === 'object' && item !== null) return false;
  return true;
}

/** The most that one value may take in a store. */
const MAX_BYTES = 64 * 1024;
const MAX_DEPTH = 100;

/** In an object it is no flaw: the property is simply not there afterwards. */
const ABSENT: JsonFlaw = { path: '', found: 'undefined' };

/**
 * The value as it will be after a round trip through JSON: a copy, so that who changes his own object later does not
 * change what was stored. Or why it can't be stored.
 */
export function toStored(value: unknown, path: string): { readonly stored: JsonValue } | JsonFlaw | 'too-large' {
  const flaw = findJsonFlaw(value, path);
  if (flaw) return flaw;
  const text = JSON.stringify(value);
  return Buffer.byteLength(text) > MAX_BYTES ? 'too-large' : { stored: JSON.parse(text) as JsonValue };
}

/**
 * The first place where `value` would not survive a round trip through JSON, or `null` when it would.
 * An absent optional property (`{ a: undefined }`) survives: it is simply not there afterwards.
 */
export function findJsonFlaw(value: unknown, path: string): JsonFlaw | null {
  const flaw = findFlaw(value, 0);
  return flaw && within(path, flaw);
}

/** The path of what it finds begins below `value`: paths are built for flaws only. */
function findFlaw(value: unknown, depth: number): JsonFlaw | null {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return null;
  if (typeof value === 'number') return Number.isFinite(value) ? null : here(String(value));
  if (typeof value !== 'object') return here(describePrimitive(value));
  if (depth > MAX_DEPTH) return here(`nesting deeper than ${MAX_DEPTH} levels, or a cycle`);
  try {
    return Array.isArray(value) ? findFlawInArray(value, depth) : findFlawInObject(value, depth);
  } catch {
    // A proxy; getters are read in `findFlawAt`.
    return here('an object that throws when it is read');
  }
}

function findFlawInArray(values: readonly unknown[], depth: number): JsonFlaw | null {
  for (let i = 0; i < values.length; i++) {
    const flaw = findFlawAt(values, i, depth);
    if (flaw) return within(`[${i}]`, flaw);
  }
  const keys = Object.keys(values);
  const extra = keys.length === values.length ? undefined : keys[values.length];
  return extra === undefined ? null : within(`.${extra}`, here('a property of a list'));
}

function findFlawInObject(value: object, depth: number): JsonFlaw | null {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    const { constructor } = value as { readonly constructor?: { readonly name?: string } };
    return here(`a ${constructor?.name || 'class instance'}`);
  }
  if (Object.getOwnPropertySymbols(value).length > 0) return here('a symbol key');
  for (const key of Object.keys(value)) {
    const flaw = findFlawAt(value, key, depth);
    if (flaw && flaw !== ABSENT) return within(`.${key}`, flaw);
  }
  return typeof (value as { toJSON?: unknown }).toJSON === 'function' ? here('an object with toJSON') : null;
}

function findFlawAt(holder: object, key: string | number, depth: number): JsonFlaw | null {
  let child: unknown;
  try {
    child = (holder as Record<string | number, unknown>)[key];
  } catch {
    return here('a getter that throws');
  }
  return child === undefined ? ABSENT : findFlaw(child, depth + 1);
}

function here(found: string): JsonFlaw {
  return { path: '', found };
}

function within(path: string, flaw: JsonFlaw): JsonFlaw {
  return { path: path + flaw.path, found: flaw.found };
}

function describePrimitive(value: unknown): string {
  if (value === undefined) return 'undefined';
  return typeof value === 'function' ? 'a function' : `a ${typeof value}`;
}
