import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveArguments } from '../../lib/jobs/job-arguments.js';
import { InvalidArgumentsError } from '../../lib/jobs/job-errors.js';
import { findJsonFlaw } from '../../lib/jobs/json.js';

class Money {
  readonly cents = 5;
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

function cyclic(): object {
  const cycle: { self?: object } = {};
  cycle.self = cycle;
  return cycle;
}

describe('what JSON would lose', () => {
  it.each<[name: string, value: unknown, path: string, found: string]>([
    ['a Date', { when: new Date(0) }, 'args.when', 'a Date'],
    ['a Date deep inside', [{ list: [1, { at: new Date(0) }] }], 'args[0].list[1].at', 'a Date'],
    ['a Map', [new Map()], 'args[0]', 'a Map'],
    ['a Set', { tags: new Set() }, 'args.tags', 'a Set'],
    ['a class instance', new Money(), 'args', 'a Money'],
    ['a Buffer', Buffer.from('x'), 'args', 'a Buffer'],
    ['an Error', new TypeError('x'), 'args', 'a TypeError'],
    ['a boxed number', Object(5), 'args', 'a Number'],
    ['undefined in an array', ['a', undefined], 'args[1]', 'undefined'],
    ['a hole in an array', Object.assign([1], { 2: 3 }), 'args[1]', 'undefined'],
    ['a property of a list', [Object.assign([1], { total: 1 })], 'args[0].total', 'a property of a list'],
    [
      'a getter that throws',
      [
        {
          a: {
            x: 1,
            get y() {
              throw new Error('no');
            },
          },
        },
      ],
      'args[0].a.y',
      'a getter that throws',
    ],
    [
      'a proxy that throws',
      {
        p: new Proxy(
          {},
          {
            ownKeys: () => {
              throw new Error('no');
            },
          },
        ),
      },
      'args.p',
      'an object that throws when it is read',
    ],
    ['a function', { run: () => 1 }, 'args.run', 'a function'],
    ['a symbol', [Symbol('s')], 'args[0]', 'a symbol'],
    ['a symbol key', { [Symbol('s')]: 1 }, 'args', 'a symbol key'],
    ['a bigint', [1n], 'args[0]', 'a bigint'],
    ['NaN', [NaN], 'args[0]', 'NaN'],
    ['Infinity', { max: -Infinity }, 'args.max', '-Infinity'],
    ['a cycle', cyclic(), `args${'.self'.repeat(101)}`, 'nesting deeper than 100 levels, or a cycle'],
    ['something too deep', nested(102), `args${'[0]'.repeat(101)}`, 'nesting deeper than 100 levels, or a cycle'],
    ['an object that writes itself', { toJSON: () => 5 }, 'args.toJSON', 'a function'],
    [
      'an object of a class without a constructor',
      Object.create(Object.create(Object.create(null))),
      'args',
      'a class instance',
    ],
  ])('is found with its place: %s', (_name, value, path, found) => {
    expect(findJsonFlaw(value, 'args')).toEqual({ path, found });
  });

  it.each<[name: string, value: unknown]>([
    ['plain values', [null, true, 0, -1.5, '', 'text', [], {}]],
    ['an optional property that is undefined', { a: undefined, b: 1 }],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 })],
    ['100 levels', nested(100)],
    ['the same object twice, which is no cycle', ((one) => [one, one])({ a: 1 })],
    ['a key that is called __proto__', JSON.parse('{"__proto__": {"a": 1}}')],
  ])('is not found in %s', (_name, value) => {
    expect(findJsonFlaw(value, 'args')).toBeNull();
  });

  it('is nothing at all in whatever JSON can say', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(findJsonFlaw(value, 'x')).toBeNull();
      }),
    );
  });
});

describe('the arguments of a job', () => {
  it('are those given, as they are after a round trip', () => {
    expect(resolveArguments(['a', { b: [1, null], c: undefined }], 'Job "x"')).toEqual(['a', { b: [1, null] }]);
    expect(resolveArguments(undefined, 'Job "x"')).toEqual([]);
    expect(resolveArguments([], 'Job "x"')).toEqual([]);
  });

  it('come out of the shortest way as out of JSON', () => {
    const plain = fc.oneof(fc.string({ maxLength: 300 }), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null));
    const property = fc.property(fc.array(plain, { maxLength: 40 }), (args) => {
      fc.pre(args.every((arg) => typeof arg !== 'number' || Number.isFinite(arg)));
      const resolved = resolveArguments(args, 'Job "x"');
      expect(resolved).toStrictEqual(JSON.parse(JSON.stringify(args)));
      expect(Object.isFrozen(resolved)).toBe(true);
    });
    fc.assert(property, { examples: [[[-0, '\ud800', 'é'.repeat(256)]]] });
  });

  it('are a copy', () => {
    const list = ['a'];
    const flat = resolveArguments(list, 'Job "x"');
    list.push('b');
    expect(flat).toEqual(['a']);
    const args = [{ list: [1] }];
    const resolved = resolveArguments(args, 'Job "x"');
    args[0]?.list.push(2);
    expect(resolved).toEqual([{ list: [1] }]);
  });

  it.each<[name: string, args: unknown, words: string[]]>([
    ['a Date', [new Date(0)], ['Job "x"', 'args[0]', 'a Date', 'ISO text']],
    ['a single value', 'user-1', ['Job "x"', 'args', 'list']],
    ['an object', { 0: 'a' }, ['Job "x"', 'args', 'list']],
    ['null', null, ['Job "x"', 'args', 'list']],
    ['more than 64 KiB', ['x'.repeat(65_536)], ['Job "x"', '64 KiB', 'key']],
    ['more than 64 KiB of bytes, though not of characters', ['ä'.repeat(40_000)], ['64 KiB']],
  ])('are refused when they are %s', (_name, args, words) => {
    let error: unknown;
    try {
      resolveArguments(args, 'Job "x"');
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(InvalidArgumentsError);
    for (const word of words) expect((error as Error).message).toContain(word);
  });

  it('may take 64 KiB to the byte', () => {
    const args = ['x'.repeat(65_536 - 4)];
    expect(Buffer.byteLength(JSON.stringify(args))).toBe(65_536);
    expect(resolveArguments(args, 'Job "x"')).toEqual(args);
  });
});
