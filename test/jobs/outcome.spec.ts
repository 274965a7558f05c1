import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { describeError, outcomeOfResult } from '../../lib/jobs/outcome.js';

describe('what is kept of a result', () => {
  it.each<[name: string, value: unknown, outcome: unknown]>([
    ['nothing', undefined, null],
    ['null', null, { result: null }],
    ['a plain value', { done: [1, 2] }, { result: { done: [1, 2] } }],
    ['false', false, { result: false }],
    ['a Date', new Date(0), { resultOmitted: 'not-json' }],
    ['a Map deep inside', { found: [new Map()] }, { resultOmitted: 'not-json' }],
    ['a bigint', 1n, { resultOmitted: 'not-json' }],
    ['a function', () => 1, { resultOmitted: 'not-json' }],
    ['64 KiB', 'x'.repeat(65_534), { result: 'x'.repeat(65_534) }],
    ['more than 64 KiB', 'x'.repeat(65_535), { resultOmitted: 'too-large' }],
  ])('never fails the run: %s', (_name, value, outcome) => {
    expect(outcomeOfResult(value)).toEqual(outcome);
  });

  it('is marked when reading it throws', () => {
    const trap = Object.defineProperty({}, 'bomb', {
      enumerable: true,
      get: () => {
        throw new Error('boom');
      },
    });
    expect(outcomeOfResult(trap)).toEqual({ resultOmitted: 'not-json' });
  });

  it('is a copy, which its maker can not change any more', () => {
    const result = { list: [1] };
    const outcome = outcomeOfResult(result);
    result.list.push(2);
    expect(outcome).toEqual({ result: { list: [1] } });
  });
});

describe('what is kept of something thrown', () => {
  it('is the name, the message and the stack of an error', () => {
    const error = new RangeError('too far');
    expect(describeError(error)).toEqual({ name: 'RangeError', message: 'too far', stack: error.stack });
  });

  it('is the same for an error of another realm, such as those of test runners and vm contexts', () => {
    const error: unknown = runInNewContext('new TypeError("from afar")');
    expect(error).not.toBeInstanceOf(Error);
    expect(describeError(error)).toMatchObject({ name: 'TypeError', message: 'from afar' });
  });

  it.each<[thrown: unknown, message: string]>([
    ['a text', 'a text'],
    [5, '5'],
    [null, 'null'],
    [undefined, 'undefined'],
    [{ code: 'E_X' }, '{"code":"E_X"}'],
    [Symbol('s'), 'Symbol(s)'],
  ])('is its text when it is no error: %s', (thrown, message) => {
    expect(describeError(thrown)).toEqual({ name: 'NonError', message });
  });

  it('is always text, whatever the error carries', () => {
    const error = Object.assign(new Error('x'), { name: 42, message: { toString: () => 'built' } });
    expect(describeError(error)).toMatchObject({ name: '42', message: 'built' });
    const nameless = Object.assign(new Error('x'), { name: '', stack: 5 });
    expect(describeError(nameless)).toEqual({ name: 'Error', message: 'x' });
  });

  it('is cut when it is very long', () => {
    const { message, stack } = describeError(new Error('x'.repeat(100_000)));
    expect(message).toHaveLength(16 * 1024 + 1);
    expect(stack).toHaveLength(16 * 1024 + 1);
    expect(message.endsWith('…')).toBe(true);
  });

  it('is a note when even describing it throws', () => {
    const cycle: { self?: object } = {};
    cycle.self = cycle;
    expect(describeError(cycle).name).toBe('NonError');
    const hostile = new Proxy(new Error('x'), {
      get: () => {
        throw new Error('no');
      },
    });
    expect(describeError(hostile)).toEqual({
      name: 'NonError',
      message: 'a thrown value that could not be described',
    });
  });
});
