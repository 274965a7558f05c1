import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import SlowestFirst from './test/support/slowest-first.js';

export default defineConfig({
  test: {
    include: ['test/**/*.spec.ts'],
    pool: 'forks',
    // A fresh process for each of many small files takes ten times as long; in return every file closes what it opens.
    isolate: false,
    // Half of the time tests wait for real processes and databases, so two processors are not busy with two files.
    maxWorkers: Math.max(4, availableParallelism()),
    globalSetup: ['./test/support/compile-programs.ts'],
    sequence: { sequencer: SlowestFirst },
    setupFiles: ['reflect-metadata'],
    // Real processes and properties take their time on a small, busy machine.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['default', './test/support/closing-line-reporter.ts'],
    coverage: {
      provider: 'v8',
      include: ['lib/**/*.ts'],
      reporter: ['text', 'json-summary'],
      reportOnFailure: true,
    },
  },
});
