import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CodeBlock } from './code-blocks.js';

const ROOT = join(import.meta.dirname, '..', '..');

/** What a fragment may use without saying where it comes from. */
const FRAMEWORK = `
import { Injectable, Module, UseGuards, UseInterceptors } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmJobStore } from 'nestjs-advanced-scheduler/typeorm';
`;

/**
 * The code blocks as files beside a copy of `lib/`, checked and compiled as a user's code would be. A fragment gets the
 * imports it lacks and a \`scheduler\`.
 */
export class ExampleFiles {
  readonly #folder: string;
  readonly #source: string;
  readonly #output: string;

  /** @param name of its own for each file of tests */
  constructor(name: string) {
    // Not in `node_modules`: what files import each other there is somebody else's to the compiler, and may not be compiled.
    this.#folder = join(ROOT, '.cache', 'doc-examples', `${name}-${process.pid}`);
    this.#source = join(this.#folder, 'source');
    this.#output = join(this.#folder, 'output');
  }

  /** Answers the errors of the compiler, one line each, by file name. */
  compile(blocks: readonly CodeBlock[]): ReadonlyMap<string, readonly string[]> {
    mkdirSync(this.#source, { recursive: true });
    writeFileSync(join(this.#folder, 'package.json'), '{ "type": "module" }\n');
    writeFileSync(join(this.#folder, 'tsconfig.json'), JSON.stringify(this.#config()));
    for (const block of blocks) writeFileSync(join(this.#source, `${block.fileName}.ts`), fileOf(block));
    const compiler = join(ROOT, 'node_modules', 'typescript7', 'bin', 'tsc');
    const { stdout, stderr, status, signal } = spawnSync(
      process.execPath,
      [compiler, '-p', this.#folder, '--pretty', 'false'],
      {
        encoding: 'utf8',
      },
    );
    // 0 without errors, 1 or 2 with some: anything else says nothing about the examples.
    if (signal || status === null || status > 2) throw new Error(`tsc: ${signal ?? status}\n${stdout}${stderr}`);
    this.#installPackage();
    const lines = stdout.split('\n');
    return new Map(blocks.map(({ fileName }) => [fileName, lines.filter((line) => line.includes(`/${fileName}.ts(`))]));
  }

  /** The JavaScript of a block. */
  compiled(block: CodeBlock): string {
    const fromRoot = this.#source.slice(ROOT.length + 1);
    return join(this.#output, fromRoot, `${block.fileName}.js`);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #config(): object {
    return {
      extends: join(ROOT, 'tsconfig.json'),
      // As Jest has them, for examples that import none.
      compilerOptions: {
        types: ['node', 'vitest/globals'],
        noEmit: false,
        declaration: false,
        sourceMap: false,
        rootDir: ROOT,
        outDir: this.#output,
      },
      include: [this.#source],
    };
  }

  /** So that the package is found under its name at run time, too. */
  #installPackage(): void {
    const target = join(this.#output, 'node_modules', 'nestjs-advanced-scheduler');
    mkdirSync(target, { recursive: true });
    const exports = { '.': './index.js', './typeorm': './typeorm.js', './testing': './testing.js' };
    writeFileSync(join(target, 'package.json'), JSON.stringify({ type: 'module', exports }));
    for (const entry of Object.values(exports)) {
      writeFileSync(join(target, entry), `export * from '../../lib/${entry.slice(2)}';\n`);
    }
    writeFileSync(join(this.#output, 'package.json'), '{ "type": "module" }\n');
  }
}

function fileOf({ code, isComplete }: CodeBlock): string {
  // At the end: the lines of error messages are then those of the block.
  if (isComplete) return code;
  const given = /\bconst scheduler\b/.test(code) ? '' : 'declare const scheduler: SchedulerService;\n';
  return `${code}\n${FRAMEWORK}${packageImports(code)}${given}`;
}

function packageImports(code: string): string {
  const words = new Set(code.match(/\w+/g));
  words.add('SchedulerService');
  const { values, types } = exportedNames();
  const names = [...values.filter((name) => words.has(name)), ...types.filter((name) => words.has(name)).map(asType)];
  return `import { ${names.join(', ')} } from 'nestjs-advanced-scheduler';\n`;
}

function asType(name: string): string {
  return `type ${name}`;
}

/** What `lib/index.ts` exports, read from its text: it exports by name, but for the events. */
function exportedNames(): { values: string[]; types: string[] } {
  const index = readFileSync(join(ROOT, 'lib', 'index.ts'), 'utf8');
  const events = readFileSync(join(ROOT, 'lib', 'events', 'scheduler-event.ts'), 'utf8');
  const values: string[] = [];
  const types = [...events.matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name]) => name as string);
  for (const [, isType, list] of index.matchAll(/^export (type )?\{([^}]*)\}/gm)) {
    for (const entry of (list as string).split(',').map((one) => one.trim())) {
      const name = entry.split(/\s+/).at(-1) as string;
      if (name !== '') (isType || entry.startsWith('type ') ? types : values).push(name);
    }
  }
  return { values, types };
}
