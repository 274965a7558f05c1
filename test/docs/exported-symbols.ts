import { join } from 'node:path';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '..', '..');

/** The entry points of the package. */
const ENTRIES = ['index', 'typeorm', 'testing'];

export interface Exported {
  readonly name: string;
  /** What its comment says. */
  readonly text: string;
  readonly tags: readonly string[];
  /** Exists at run time: a class, a function or a constant. */
  readonly isValue: boolean;
  /** What a user may write of it: names of members and parameters, and texts that stand in its type. */
  readonly words: readonly string[];
}

/** Everything that the entry points export. */
export function exportedSymbols(): readonly Exported[] {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile).config,
    ts.sys,
    ROOT,
  );
  const paths = ENTRIES.map((entry) => join(ROOT, 'lib', `${entry}.ts`));
  // Comments and names of our own are all that is asked for: the library need not be known.
  const program = ts.createProgram(paths, { ...options, noLib: true, types: [] });
  const checker = program.getTypeChecker();
  return paths.flatMap((path) => {
    const entry = checker.getSymbolAtLocation(program.getSourceFile(path) as ts.SourceFile) as ts.Symbol;
    return checker.getExportsOfModule(entry).map((symbol) => {
      const meant = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      return {
        name: symbol.name,
        text: ts.displayPartsToString(meant.getDocumentationComment(checker)).trim(),
        tags: meant.getJsDocTags(checker).map((tag) => tag.name),
        isValue: (meant.flags & ts.SymbolFlags.Value) !== 0,
        words: wordsOf(meant, checker),
      };
    });
  });
}

function wordsOf(symbol: ts.Symbol, checker: ts.TypeChecker): string[] {
  const inherited = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol)).map(({ name }) => name);
  const words = new Set(inherited);
  const collect = (node: ts.Node): void => {
    // What happens inside is nobody's business.
    if (ts.isBlock(node)) return;
    if (ts.isStringLiteral(node) || isNameOfMember(node)) words.add(node.text);
    node.forEachChild(collect);
  };
  for (const declaration of symbol.declarations ?? []) collect(declaration);
  return [...words];
}

function isNameOfMember(node: ts.Node): node is ts.Identifier {
  if (!ts.isIdentifier(node)) return false;
  const { parent } = node;
  const isNamed =
    ts.isPropertySignature(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isParameter(parent);
  return isNamed && parent.name === node;
}
