import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeNumbers, readNumbers } from '../../../lib/stores/typeorm/codec/number-text.js';

const number = fc.oneof(fc.nat(40), fc.nat(2_000), fc.maxSafeNat());

function read(text: string, from = 0, to = text.length): readonly number[] | null {
  const numbers: number[] = [];
  const length = readNumbers(text, from, to, numbers);
  return length < 0 ? null : numbers.slice(0, length);
}

describe('numbers as a text', () => {
  it('are the same after they were kept', () => {
    fc.assert(
      fc.property(fc.array(number), (numbers) => {
        const text = encodeNumbers(numbers);
        expect(read(text)).toEqual(numbers);
        expect(read(` ${text} `, 1, text.length + 1)).toEqual(numbers);
      }),
    );
  });

  it('have neither spaces nor anything that would have to be escaped', () => {
    fc.assert(
      fc.property(fc.array(number), (numbers) => {
        expect(encodeNumbers(numbers)).toMatch(/^[A-Za-z0-9+/]*$/);
      }),
    );
  });

  it('take a character each below 32, two below 1024', () => {
    expect([0, 31, 32, 1023, 1024].map((each) => encodeNumbers([each]).length)).toEqual([1, 1, 2, 2, 3]);
  });

  it.each([' ', 'A A', '[1]', 'é', 'Ag'])('are none where the text is another: %s', (text) => {
    expect(read(text)).toBeNull();
  });
});
