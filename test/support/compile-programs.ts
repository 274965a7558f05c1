import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where `lib/` and the programs in `test/` are as JavaScript, for tests that start real processes. */
    compiledFolder: string;
  }
}

const PROGRAMS = ['test/**/programs/**/*.ts', 'test/**/programs/**/*.cts'];

/**
 * Compiles `lib/` and every file in a folder `programs` under `test/` once for each run of the tests: a child process
 * can't run TypeScript with decorator metadata. What they import of the samples comes along. The folder is this run's own, so that two runs don't disturb each other.
 */
export default function compilePrograms(project: TestProject): () => void {
  const root = project.config.root;
  const folder = join(root, 'node_modules', '.cache', 'programs', String(process.pid));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(compilerConfig(root, folder)));

  const compiler = join(root, 'node_modules', 'typescript7', 'bin', 'tsc');
  // A file that doesn't compile is named here and harms only the tests that use it.
  spawnSync(process.execPath, [compiler, '-p', join(folder, 'tsconfig.json')], { stdio: 'inherit' });
  installPackage(folder);
  project.provide('compiledFolder', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}

/** Programs may use a sample, which imports the package by its name: it is the compiled `lib/`. */
function installPackage(folder: string): void {
  const target = join(folder, 'node_modules', 'nestjs-advanced-scheduler');
  mkdirSync(target, { recursive: true });
  const exports = { '.': './lib/index.js', './typeorm': './lib/typeorm.js' };
  writeFileSync(join(target, 'package.json'), JSON.stringify({ type: 'module', exports }));
  symlinkSync(join(folder, 'lib'), join(target, 'lib'), 'dir');
}

function compilerConfig(root: string, folder: string): object {
  return {
    extends: join(root, 'tsconfig.json'),
    // `npm run typecheck` finds the errors.
    compilerOptions: { noEmit: false, noCheck: true, declaration: false, rootDir: root, outDir: folder },
    include: [join(root, 'lib'), ...PROGRAMS.map((programs) => join(root, programs))],
  };
}
