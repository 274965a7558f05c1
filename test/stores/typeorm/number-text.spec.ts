import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeNumbers, encodeNumbers } from '../../../lib/stores/typeorm/codec/number-text.js';

const number = fc.oneof(fc.nat(40), fc.nat(2_000), fc.maxSafeNat());

describe('numbers as a text', () => {
  it('are the same after they were kept', () => {
    fc.assert(
      fc.property(fc.array(number), (numbers) => {
        expect(decodeNumbers(encodeNumbers(numbers))).toEqual(numbers);
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
    expect(decodeNumbers(text)).toBeNull();
  });
});
