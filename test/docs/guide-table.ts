import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

/** The rows of the first table under a heading of the guide, without its head; each row a list of cells. */
export function guideTable(heading: string): string[][] {
  const guide = readFileSync(join(ROOT, 'docs', 'guide.md'), 'utf8');
  const [, section] = guide.split(new RegExp(`^#+ ${heading}$`, 'm'));
  const lines = (section ?? '').split('\n');
  const start = lines.findIndex((line) => line.startsWith('|'));
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** The texts between backticks. */
export function codeIn(cell: string | undefined): string[] {
  return [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, code]) => code as string);
}

/** The members that an interface of `lib/` declares itself. */
export function membersOf(path: string, interfaceName: string): string[] {
  const source = readFileSync(join(ROOT, 'lib', path), 'utf8');
  const body = new RegExp(`interface ${interfaceName}\\b[^{]*\\{([^}]*)\\}`).exec(source)?.[1] ?? '';
  return [...body.matchAll(/^ {2}readonly (\w+)/gm)].map(([, name]) => name as string);
}
