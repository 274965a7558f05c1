import type { TestFramework } from '../../lib/testing/test-framework.js';

interface RecordedTest {
  readonly name: string;
  readonly test: () => void | Promise<void>;
}

/** Takes a suite in, and runs its tests on demand: for suites that have to fail. */
export class RecordedFramework implements TestFramework {
  readonly tests: RecordedTest[] = [];

  readonly describe = (_name: string, body: () => void): void => body();

  readonly it = (name: string, test: () => void | Promise<void>): void => void this.tests.push({ name, test });

  /** The names of the tests that fail. */
  async failures(): Promise<string[]> {
    const failed: string[] = [];
    for (const { name, test } of this.tests) {
      try {
        await test();
      } catch {
        failed.push(name);
      }
    }
    return failed;
  }
}
