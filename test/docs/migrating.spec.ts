import { beforeAll, describe, expect, it } from 'vitest';
import { exportedSymbols } from './exported-symbols.js';
import { codeIn, tablesIn } from './guide-table.js';

/** What stands in code beside our own names: JavaScript, Node, Nest, and what users call theirs. */
const OTHERS =
  /^(new|true|false|null|await|Date|NestFactory|createApplicationContext|AppModule|firstValueFrom|pipe|\d+)$/;
/** Names that examples give to what is passed, and units. */
const PASSED = /^(document|Class|seconds|minutes|a|b|fn)$/;

const rows = tablesIn('migrating-from-apscheduler.md').flatMap(({ heading, head, rows }) => {
  const column = head.findIndex((title) => title.startsWith('here'));
  return rows.map((row) => ({ what: `${heading}: ${row[column - 1] ?? ''}`, here: row[column] ?? '' }));
});

describe('the page for those who come from APScheduler', () => {
  let known: ReadonlySet<string>;
  beforeAll(() => {
    known = new Set(exportedSymbols().flatMap(({ name, words }) => [name, ...words]));
  }, 60_000);

  it('has rows', () => {
    expect(rows.length).toBeGreaterThan(200);
  });

  it('names nothing that there is not', () => {
    const wrong = rows.flatMap(({ what, here }) =>
      wordsIn(here)
        .filter((word) => !known.has(word) && !OTHERS.test(word) && !PASSED.test(word))
        .map((word) => `${what}: ${word}`),
    );
    expect(wrong).toEqual([]);
  });

  it('says what to do where there is nothing', () => {
    const tables = tablesIn('migrating-from-apscheduler.md').filter(({ head }) => head.at(-1) === 'what differs');
    const silent = tables.flatMap(({ rows }) => rows).filter((row) => row.at(-2) === '–' && row.at(-1) === '');
    expect(silent).toEqual([]);
  });
});

/** Names, and the texts that are types of events or values of options; not texts that users choose. */
function wordsIn(cell: string): string[] {
  return codeIn(cell).flatMap((code) => {
    const texts = [...code.matchAll(/'([a-z]+\.[a-zA-Z]+)'/g)].map(([, text]) => text as string);
    return [...texts, ...(code.replace(/'[^']*'/g, '').match(/[A-Za-z]\w*\$?/g) ?? [])];
  });
}
