import { describe, expect, it } from 'vitest';
import { canonicalJson, definitionHash } from '../../lib/jobs/definition-hash.js';

describe('the fingerprint of a definition', () => {
  it('does not depend on the order of keys, at any depth', () => {
    const one = { task: 'a', options: { tags: ['x', 'y'], grace: { min: 1, max: 2 } } };
    const other = { options: { grace: { max: 2, min: 1 }, tags: ['x', 'y'] }, task: 'a' };
    expect(definitionHash(one)).toBe(definitionHash(other));
    expect(canonicalJson(one)).toBe(canonicalJson(other));
  });

  it.each([
    [{ a: 1 }, { a: 2 }],
    [{ a: 1 }, { b: 1 }],
    [{ a: null }, {}],
    [{ tags: ['x', 'y'] }, { tags: ['y', 'x'] }],
    [{ a: '1' }, { a: 1 }],
    [{ a: {} }, { a: [] }],
  ])('differs between %j and %j', (one, other) => {
    expect(definitionHash(one)).not.toBe(definitionHash(other));
  });

  it('does not see a property that is undefined: it is not stored either', () => {
    expect(definitionHash({ a: 1, b: undefined })).toBe(definitionHash({ a: 1 }));
  });

  it('is short enough for its column and the same in every process', () => {
    expect(definitionHash({ task: 'a' })).toMatch(/^[\w-]{32}$/);
    expect(definitionHash({ task: 'Reports.daily', at: 1 })).toBe('Vl407pjwhbBCjJlzLmMG1bEag_mQ3vfc');
  });
});
