import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

/** One fenced block of TypeScript in a document. */
export interface CodeBlock {
  /** Such as `README.md:31`. */
  readonly place: string;
  /** Such as `README-31`, or as it says itself: what its file is called. */
  readonly fileName: string;
  /** The heading it stands under. */
  readonly heading: string;
  readonly code: string;
  /** Has imports of its own; anything else is a fragment. */
  readonly isComplete: boolean;
}

/** Every block marked `ts` that a user may read. */
export function codeBlocks(): CodeBlock[] {
  return documents().flatMap((path) => blocksOf(path, readFileSync(join(ROOT, path), 'utf8')));
}

function documents(): string[] {
  const docs = readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`);
  const samples = readdirSync(join(ROOT, 'sample')).map((name) => `sample/${name}/README.md`);
  return ['README.md', ...docs.filter((path) => path.endsWith('.md')), ...samples];
}

function blocksOf(path: string, text: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let heading = '';
  let start: number | null = null;
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    if (start === null && line.startsWith('#')) heading = line.replace(/^#+ */, '');
    if (start === null && line === '```ts') start = index + 1;
    if (start === null || line !== '```') continue;
    const code = lines.slice(start, index).join('\n');
    // A file that others import says its name: `// app.module.ts`.
    const [, ownName] = /^\/\/ ([\w.-]+)\.ts\n/.exec(code) ?? [];
    const fileName = ownName ?? `${path.replace(/\.md$/, '').replaceAll('/', '-')}-${start}`;
    blocks.push({ place: `${path}:${start}`, fileName, heading, code, isComplete: /^import /m.test(code) });
    start = null;
  }
  return blocks;
}
