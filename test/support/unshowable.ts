function circular(): object {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  return circle;
}

function thrower(): never {
  throw new Error('Looked at.');
}

/** Values that throw when they are turned into text. */
export const UNSHOWABLE: readonly [what: string, value: unknown][] = [
  ['a bigint inside', { n: 1n }],
  ['a circle', circular()],
  ['an object without a prototype', Object.create(null)],
  ['a getter that throws', Object.defineProperty({}, 'x', { get: thrower, enumerable: true })],
  ['a toString that throws', { toString: thrower, toJSON: thrower }],
  ['a proxy that throws', new Proxy({}, { get: thrower, ownKeys: thrower })],
];
