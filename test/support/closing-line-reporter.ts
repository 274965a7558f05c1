import { relative } from 'node:path';
import { styleText } from 'node:util';
import type { Reporter, SerializedError, TestCase, TestModule, Vitest } from 'vitest/node';

/** Of an error with a long difference, the first lines tell most. */
const LINES_OF_AN_ERROR = 30;

/**
 * Ends the output with `tests: N passed, N failed, N skipped`, alone on the last line, so that any CI can read the
 * counts; before it, every skipped test is named, so that a service that was not there can't go unnoticed, and every
 * failed one with its error, for whoever has the end of a log only.
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
    const failures =
      failed + modules.filter((module) => errorsOutsideTests(module).length > 0).length + unhandledErrors.length;

    this.#summary = [
      ...this.#nameSkipped(skipped),
      ...this.#nameFailed(modules, unhandledErrors),
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

  #nameFailed(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): string[] {
    const named = modules.flatMap((module) => {
      const file = relative(this.#root, module.moduleId);
      return [
        ...errorsOutsideTests(module).map((error) => this.#failed(file, error)),
        ...[...module.children.allTests('failed')].flatMap((test) =>
          (test.result().errors ?? []).map((error) => this.#failed(`${file} > ${test.fullName}`, error)),
        ),
      ];
    });
    return [...named, ...unhandledErrors.map((error) => this.#failed('outside any test', error))];
  }

  #failed(where: string, error: SerializedError): string {
    const lines = [error.message, error.diff ?? '', ...(error.stacks ?? []).map(({ file, line }) => `${file}:${line}`)];
    const shown = lines.join('\n').split('\n').filter(Boolean).slice(0, LINES_OF_AN_ERROR);
    return [`failed: ${where}`, ...shown.map((line) => `failed:   ${line}`)].join('\n');
  }

  /** The outermost suite stands for its tests: a database that is missing skips dozens of them. */
  #groupName(test: TestCase): string {
    const file = relative(this.#root, test.module.moduleId);
    const result = test.result();
    const note = result.state === 'skipped' && result.note ? `: ${result.note}` : '';
    return `${file} > ${test.fullName.split(' > ')[0]}${note}`;
  }
}

function errorsOutsideTests(module: TestModule): SerializedError[] {
  return [...module.errors(), ...[...module.children.allSuites()].flatMap((suite) => suite.errors())];
}
