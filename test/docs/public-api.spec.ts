import { join } from 'node:path';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const ENTRIES = ['index', 'typeorm', 'testing'];

interface Exported {
  readonly name: string;
  readonly text: string;
  readonly tags: readonly string[];
}

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

function exportedSymbols(): readonly Exported[] {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile).config,
    ts.sys,
    ROOT,
  );
  const paths = ENTRIES.map((entry) => join(ROOT, 'lib', `${entry}.ts`));
  // The comments are all that is asked for: no type has to be known.
  const program = ts.createProgram(paths, { ...options, noLib: true, types: [] });
  const checker = program.getTypeChecker();
  return paths.flatMap((path) => {
    const entry = checker.getSymbolAtLocation(program.getSourceFile(path) as ts.SourceFile) as ts.Symbol;
    return checker.getExportsOfModule(entry).map((symbol) => {
      const meant = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      const text = ts.displayPartsToString(meant.getDocumentationComment(checker)).trim();
      return { name: symbol.name, text, tags: meant.getJsDocTags(checker).map((tag) => tag.name) };
    });
  });
}
