import { relative } from 'node:path';
import { styleText } from 'node:util';
import type { Reporter, SerializedError, TestCase, TestModule, Vitest } from 'vitest/node';

/**
 * Ends the output with `tests: N passed, N failed, N skipped`, alone on the last line, so that any CI can read the
 * counts; before it, every skipped test is named, so that a service that was not there can't go unnoticed.
 *
 * The line is written as the process exits: coverage tables and warnings come before it.
 */
export default class ClosingLineReporter implements Reporter {
  #root = process.cwd();
  #summary = 'tests: 0 passed, 0 failed, 0 skipped';

  onInit(vitest: Vitest): void {
    this.#root = vitest.config.root;
    process.once('exit', () => process.stdout.write(`${this.#summary}\n`));
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const skipped = tests.filter((test) => test.result().state === 'skipped');
    const failed = tests.filter((test) => test.result().state === 'failed').length;
    const passed = tests.filter((test) => test.result().state === 'passed').length;
    // A file that can't be loaded and an error outside any test make the run red without a failed test.
    const failures = failed + modules.filter(failedAsAWhole).length + unhandledErrors.length;

    this.#summary = [
      ...this.#nameSkipped(skipped),
      `tests: ${passed} passed, ${failures} failed, ${skipped.length} skipped`,
    ].join('\n');
  }

  #nameSkipped(tests: readonly TestCase[]): string[] {
    const counts = new Map<string, number>();
    for (const test of tests) {
      const name = this.#groupName(test);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return [...counts].map(([name, count]) => styleText('yellow', `skipped: ${name} (${count})`));
  }

  /** The outermost suite stands for its tests: a database that is missing skips dozens of them. */
  #groupName(test: TestCase): string {
    const file = relative(this.#root, test.module.moduleId);
    const result = test.result();
    const note = result.state === 'skipped' && result.note ? `: ${result.note}` : '';
    return `${file} > ${test.fullName.split(' > ')[0]}${note}`;
  }
}

function failedAsAWhole(module: TestModule): boolean {
  if (module.errors().length > 0) return true;
  for (const suite of module.children.allSuites()) if (suite.errors().length > 0) return true;
  return false;
}
