import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeBlocks, type CodeBlock } from './code-blocks.js';
import { ExampleFiles } from './example-files.js';

const VITEST = join(import.meta.dirname, '..', '..', 'node_modules', 'vitest', 'vitest.mjs');

/** Those that others import, and those that are tests. */
const named = codeBlocks().filter(({ code, fileName }) => code.startsWith(`// ${fileName}.ts\n`));
const tests = named.filter(({ fileName }) => fileName.endsWith('.spec'));
const files = new ExampleFiles('test-examples');

interface Result {
  readonly status: string;
  /** Why the file could not be run. */
  readonly message: string;
  readonly assertionResults: readonly { readonly status: string; readonly title: string }[];
}

beforeAll(() => {
  files.compile(named);
}, 60_000);
afterAll(() => files.remove());

describe('the tests in the documents', () => {
  it('are there', () => {
    expect(tests.length).toBeGreaterThan(1);
  });

  it.each(tests.map((block) => [block.place, block] as const))('%s pass', (_, block) => {
    const { status, message, assertionResults } = run(block);
    expect(message).toBe('');
    expect(assertionResults.filter((each) => each.status !== 'passed')).toEqual([]);
    // A suite brings more of them.
    expect(assertionResults.length).toBeGreaterThanOrEqual(
      block.code.match(/^ *(it|describeJobStore|describeTrigger)\(/gm)?.length ?? 1,
    );
    expect(status).toBe('passed');
  });
});

/** With the functions of Vitest as globals, too: those of Jest go by the same names. */
function run(block: CodeBlock): Result {
  const file = files.compiled(block);
  const folder = dirname(file);
  const options = {
    include: [`**/${block.fileName}.js`],
    exclude: [],
    globals: true,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  };
  writeFileSync(join(folder, 'vitest.config.js'), `export default ${JSON.stringify({ test: options })};\n`);
  const { stdout, stderr } = spawnSync(process.execPath, [VITEST, 'run', '--reporter', 'json', '--root', folder], {
    cwd: folder,
    encoding: 'utf8',
  });
  const start = stdout.indexOf('{"');
  if (start < 0) throw new Error(stdout + stderr);
  return (JSON.parse(stdout.slice(start)) as { readonly testResults: readonly [Result] }).testResults[0];
}
