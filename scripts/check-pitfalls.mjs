// Every pitfall and every row of "what happens when" has a key (P01…, W01…). A test that proves it opens its name with
// that key. This lists the keys no test names, and fails for those in `scripts/pitfall-keys.json` that are due.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const EXPLAINED_IN = 'docs/architecture.md';
const { all: ranges, due } = JSON.parse(readFileSync(new URL('pitfall-keys.json', import.meta.url), 'utf8'));
const all = Object.entries(ranges).flatMap(([letter, count]) =>
  Array.from({ length: count }, (_, index) => `${letter}${String(index + 1).padStart(2, '0')}`),
);

const tested = keysNamedByTests(['test', 'lib/testing']);
const unknown = [...tested.keys()].filter((key) => !all.includes(key));
const untested = all.filter((key) => !tested.has(key));
const missing = untested.filter((key) => due === 'all' || due.includes(key));
const notYetDue = untested.filter((key) => !missing.includes(key));
const surprising = due === 'all' ? [] : all.filter((key) => tested.has(key) && !due.includes(key));
const unexplained = keysWithoutExplanation();

console.log(`${all.length - untested.length} of ${all.length} keys are named by a test.`);
if (process.argv.includes('--where')) {
  for (const key of all) console.log(`${key}  ${[...new Set(tested.get(key) ?? ['-'])].join(', ')}`);
}
report('Not due yet, and without a test', notYetDue);
report('Tested, but not listed as due: add them to scripts/pitfall-keys.json', surprising);
report('DUE, and without a test', missing);
report('Named by a test, but no such key exists', unknown);
report(`Not explained in ${EXPLAINED_IN}`, unexplained);
process.exitCode = missing.length + unknown.length + unexplained.length > 0 ? 1 : 0;

/** Key → files, from the string literals that open with one or several keys: `'P10 P11 the fires …'`. */
function keysNamedByTests(folders) {
  const keys = new Map();
  for (const entry of folders.flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }))) {
    if (!entry.isFile() || !/\.(ts|mts)$/.test(entry.name)) continue;
    const source = readFileSync(join(entry.parentPath, entry.name), 'utf8');
    for (const [literal] of source.matchAll(/(?<!\.(?:skip|todo)\(\s*)(['"`])(?:[A-Z]\d{1,2}[ ,:]+)+/g)) {
      for (const [key] of literal.matchAll(/[A-Z]\d{2}\b/g)) keys.set(key, [...(keys.get(key) ?? []), entry.name]);
    }
  }
  return keys;
}

function keysWithoutExplanation() {
  if (!existsSync(EXPLAINED_IN)) return [`any (${EXPLAINED_IN} does not exist)`];
  const text = readFileSync(EXPLAINED_IN, 'utf8');
  return all.filter((key) => !new RegExp(`\\b${key}\\b`).test(text));
}

function report(title, keys) {
  if (keys.length > 0) console.log(`${title}: ${keys.join(' ')}`);
}
