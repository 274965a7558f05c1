import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

export interface Table {
  /** The heading it stands under. */
  readonly heading: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** All tables of a document in `docs/`. */
export function tablesIn(document: string): Table[] {
  const sections = readFileSync(join(ROOT, 'docs', document), 'utf8').split(/^#+ /m);
  return sections.flatMap((section) => {
    const heading = section.slice(0, section.indexOf('\n'));
    return [...section.matchAll(/(?:^\|.*\n?)+/gm)].map(([text]) => {
      const [head = [], , ...rows] = text.trim().split('\n').map(cellsOf);
      return { heading, head, rows };
    });
  });
}

/** The rows of the first table under a heading of the guide, without its head; each row a list of cells. */
export function guideTable(heading: string): string[][] {
  const table = tablesIn('guide.md').find((each) => each.heading === heading);
  return (table?.rows ?? []).map((row) => [...row]);
}

function cellsOf(line: string): string[] {
  // A bar that belongs to the text is written `\|`.
  const cells = line.split(/(?<!\\)\|/).slice(1, -1);
  return cells.map((cell) => cell.trim().replaceAll('\\|', '|'));
}

/** The texts between backticks. */
export function codeIn(cell: string | undefined): string[] {
  return [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, code]) => code as string);
}

/** The members that an interface of `lib/` declares itself. */
export function membersOf(path: string, interfaceName: string): string[] {
  return typedMembersOf(path, interfaceName).map(({ name }) => name);
}

/** The members that an interface of `lib/` declares itself, with their types as they are written there. */
export function typedMembersOf(
  path: string,
  interfaceName: string,
): { readonly name: string; readonly type: string }[] {
  const source = readFileSync(join(ROOT, 'lib', path), 'utf8');
  const body = new RegExp(`interface ${interfaceName}\\b[^{]*\\{(.*?)^\\}`, 'ms').exec(source)?.[1] ?? '';
  return [...body.matchAll(/^ {2}readonly (\w+)\??: ([^;]+);/gm)].map(([, name, type]) => ({
    name: name as string,
    type: type as string,
  }));
}
