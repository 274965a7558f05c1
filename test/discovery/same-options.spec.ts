import { describe, expect, it } from 'vitest';
import { findDifference } from '../../lib/discovery/same-options.js';
import { MemoryJobStore } from '../../lib/stores/memory/memory-job-store.js';

describe('two sets of options', () => {
  const store = new MemoryJobStore();

  it.each([
    ['nothing', {}, {}],
    ['equal values', { timeZone: 'UTC', keepAlive: false }, { keepAlive: false, timeZone: 'UTC' }],
    ['equal objects and lists', { a: { b: [1, { c: 2 }] } }, { a: { b: [1, { c: 2 }] } }],
    ['an absent option and undefined', { store: undefined }, {}],
    ['one store', { stores: { fast: store } }, { stores: { fast: store } }],
    ['NaN', { a: NaN }, { a: NaN }],
  ])('are the same with %s', (_what, a, b) => {
    expect(findDifference(a, b)).toBeNull();
  });

  it.each<[string, object, object, string]>([
    ['another value', { timeZone: 'UTC' }, { timeZone: 'Asia/Tokyo' }, 'timeZone'],
    ['an option that only one has', {}, { keepAlive: false }, 'keepAlive'],
    ['another value deep inside', { a: { b: 1, c: 2 } }, { a: { b: 1, c: 3 } }, 'a.c'],
    ['a list that is longer', { a: [1] }, { a: [1, 2] }, 'a.1'],
    ['two stores, though of one class', { store }, { store: new MemoryJobStore() }, 'store'],
    ['two functions', { a: () => 1 }, { a: () => 1 }, 'a'],
    ['an object and a list', { a: {} }, { a: [] }, 'a'],
    ['an object and null', { a: {} }, { a: null }, 'a'],
  ])('differ by %s', (_what, a, b, path) => {
    expect(findDifference(a, b)).toBe(path);
  });
});
