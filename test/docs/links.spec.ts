import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`),
  ...readdirSync(join(ROOT, 'sample')).map((name) => `sample/${name}/README.md`),
].filter((path) => existsSync(join(ROOT, path)));

describe('the documents', () => {
  it.each(documents)('%s links to what is there', (document) => {
    const links = [...proseOf(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target as string);
    const own = links.filter((target) => !/^[a-z]+:/.test(target));
    expect(own.filter((target) => !exists(document, target))).toEqual([]);
  });

  // A block in another language would be neither compiled nor run.
  it.each(documents)('%s has its examples in languages that are looked at', (document) => {
    const fences = [...readFileSync(join(ROOT, document), 'utf8').matchAll(/^ *```(.+)$/gm)].map(([, name]) => name);
    expect(fences.filter((name) => !['ts', 'sh', 'sql', 'text', 'python'].includes(name as string))).toEqual([]);
  });
});

function exists(from: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const document = path === '' ? from : relative(ROOT, join(ROOT, dirname(from), path));
  if (!existsSync(join(ROOT, document))) return false;
  return anchor === undefined || anchorsOf(document).has(anchor);
}

/** As GitHub makes them of headings. */
function anchorsOf(document: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading] of proseOf(document).matchAll(/^#+ (.+)$/gm)) {
    const slug = (heading as string)
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\- _]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let more = 1; anchors.has(anchor); more++) anchor = `${slug}-${more}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** A document without its code. */
function proseOf(document: string): string {
  return readFileSync(join(ROOT, document), 'utf8').replace(/^ *```.*?^ *```$/gms, '');
}
