import { describe, expect, it } from 'vitest';
import { showError, showValue } from '../../lib/errors/show-value.js';
import { UNSHOWABLE } from '../support/unshowable.js';

describe('a value in a message', () => {
  it.each([
    ['1', `'1'`],
    [1, '1'],
    [1n, '1n'],
    [undefined, 'undefined'],
    [null, 'null'],
    [[], '[]'],
    [{}, '{}'],
    [[1, 'a'], '[1,"a"]'],
    [() => 1, 'a function'],
    [Symbol('s'), 'a symbol'],
    ['x'.repeat(100), `'${'x'.repeat(60)}…'`],
  ])('is told from every other: %o', (value, shown) => {
    expect(showValue(value)).toBe(shown);
  });

  it.each(UNSHOWABLE)('never throws what showing it throws: %s', (_what, value) => {
    expect(showValue(value)).toEqual(expect.any(String));
    expect(showError(value)).toEqual(expect.any(String));
  });

  it('is the message of what was thrown, if it is an error', () => {
    expect(showError(new Error('no'))).toBe('no');
    expect(showError('no')).toBe(`'no'`);
  });
});
