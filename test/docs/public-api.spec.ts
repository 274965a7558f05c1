import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportedSymbols, type Exported } from './exported-symbols.js';

const ROOT = join(import.meta.dirname, '..', '..');

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

  it('is named in a document, if it is there at run time', () => {
    const documents = readdirSync(join(ROOT, 'docs')).map((name) => readFileSync(join(ROOT, 'docs', name), 'utf8'));
    const words = new Set(documents.join('\n').match(/\w+/g));
    const values = exported.filter(({ isValue }) => isValue).map(({ name }) => name);
    expect(values.length).toBeGreaterThan(80);
    expect(values.filter((name) => !words.has(name))).toEqual([]);
  });
});
