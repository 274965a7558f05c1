import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cron } from '../../lib/triggers/factories.js';
import { Harness } from '../support/scheduler-harness.js';
import { VirtualClock } from '../support/virtual-clock.js';
import { codeBlocks, type CodeBlock } from './code-blocks.js';
import { ExampleFiles } from './example-files.js';
import { tsdocExamples } from './tsdoc-examples.js';

const blocks = codeBlocks();
const examples = tsdocExamples();
const programs = blocks.filter(({ code, isComplete }) => isComplete && /await NestFactory\./.test(code));

/** What a program prints, by the heading it stands under; one that stays up is stopped by SIGTERM then. */
const PRINTED: Readonly<Record<string, { readonly line: RegExp; readonly staysUp: boolean }>> = {
  'A first job': { line: /^The sales until \d{4}-\d\d-\d\dT.*:\d[02468]\.000Z$/m, staysUp: true },
  'At a glance': { line: /^digest .*Monday to Friday[^]*^remind:ada .*2099-12-31 09:00.*$/m, staysUp: true },
  // How long it takes to add the mail says which comes first.
  'Standalone scripts': { line: /^(?=[^]*Mail to ada)(Mail to ada\n|Still at it\n){3}$/, staysUp: false },
  'Without a testing module': { line: /^Two nights and one run by hand\n$/, staysUp: false },
};

const files = new ExampleFiles('examples');
let errors: ReturnType<ExampleFiles['compile']>;

const WRONG: CodeBlock = {
  place: '',
  fileName: 'wrong',
  heading: '',
  code: "await scheduler.addJob({ task: 'x', trigger: cron('@daily'), retries: 3 });",
  isComplete: false,
};

beforeAll(() => {
  errors = files.compile([...blocks, ...examples, WRONG]);
}, 60_000);
afterAll(() => files.remove());

describe('the code in the documents', () => {
  it('is there', () => {
    expect(blocks.length).toBeGreaterThan(10);
  });

  it.each(blocks.map((block) => [block.place, block] as const))('%s compiles', (_, { fileName }) => {
    expect(errors.get(fileName)).toEqual([]);
  });

  it('would not compile with an option that there is not', () => {
    expect(errors.get(WRONG.fileName)?.join()).toContain('wrong.ts(1,');
  });

  it('has a known output for every program', () => {
    expect(programs.map(({ heading }) => heading).sort()).toEqual(Object.keys(PRINTED).sort());
  });

  it.each(programs.map((block) => [block.place, block] as const))(
    '%s runs and says what it should',
    async (_, block) => {
      const { line, staysUp } = PRINTED[block.heading] as (typeof PRINTED)[string];
      const { output, code, signal } = await run(block, staysUp ? line : null);
      expect(output).toMatch(line);
      expect(output).not.toMatch(/ERROR|Error:/);
      expect(signal ?? code).toBe(staysUp ? 'SIGTERM' : 0);
    },
    30_000,
  );
});

describe('the first questions of the troubleshooting', () => {
  it('are answered as it says', async () => {
    const block = blocks.find(({ heading }) => heading === 'Troubleshooting') as CodeBlock;
    const { service, clock } = new Harness({ nodeName: 'here' }, new VirtualClock('2027-01-29T12:00:00Z'));
    service.registerTask('report', () => undefined);
    await service.start();
    await service.addJob({ id: 'daily-report', task: 'report', trigger: cron('0 3 * * *') });
    await service.runJob('daily-report');
    await clock.advance(0);
    const told: unknown[][] = [];
    const log = vi.spyOn(console, 'log').mockImplementation((...words: unknown[]) => void told.push(words));
    vi.stubGlobal('scheduler', service);
    try {
      await import(pathToFileURL(files.compiled(block)).href);
    } finally {
      vi.unstubAllGlobals();
      log.mockRestore();
      await service.shutdown({ timeout: 0 });
    }
    expect(told).toEqual([
      ['here', 'alive', expect.any(Date), ['report']],
      ['active', new Date('2027-01-30T03:00:00Z'), 'at 03:00, every day (UTC)'],
      [null],
      [expect.stringMatching(/^daily-report@.*#m-/), 'succeeded', null, 0],
    ]);
  });
});

describe('the examples in the comments of lib/', () => {
  it('are there', () => {
    expect(examples.length).toBeGreaterThan(50);
  });

  it.each(examples.map((example) => [example.place, example] as const))('%s compiles', (_, { fileName }) => {
    expect(errors.get(fileName)).toEqual([]);
  });
});

/** Runs a program until it ends, or until it has printed a line that it is to be stopped at. */
async function run(block: CodeBlock, stopAt: RegExp | null) {
  // Databases are files in the working folder.
  const folder = mkdtempSync(join(tmpdir(), 'doc-example-'));
  const child = spawn(process.execPath, [files.compiled(block)], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1' },
  });
  let output = '';
  const listen = (chunk: Buffer): void => {
    output += String(chunk);
    if (stopAt?.test(output)) child.kill('SIGTERM');
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  rmSync(folder, { recursive: true, force: true });
  return { output, code, signal };
}
