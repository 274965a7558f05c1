import { beforeAll, describe, expect, it } from 'vitest';
import { exportedSymbols, type Exported } from './exported-symbols.js';

describe('everything that an entry point exports', () => {
  let exported: readonly Exported[];
  beforeAll(() => {
    exported = exportedSymbols();
  }, 60_000);

  it('is looked at', () => {
    expect(exported.length).toBeGreaterThan(150);
  });

  it('says what it is, and that users may touch it', () => {
    const silent = exported.filter(({ text, tags }) => text === '' || !tags.includes('publicApi'));
    expect(silent.map(({ name }) => name)).toEqual([]);
  });
});
