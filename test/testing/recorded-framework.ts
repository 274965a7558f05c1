import { expect } from 'vitest';
import type { StoreTestFramework } from '../../lib/testing/stores/store-test-framework.js';

type Body = () => void | Promise<void>;

interface RecordedTest {
  readonly name: string;
  readonly test: Body;
}

/** Takes a suite in, and runs its tests on demand: for suites that have to fail. */
export class RecordedFramework implements StoreTestFramework {
  readonly tests: RecordedTest[] = [];
  readonly #before: Body[] = [];
  readonly #after: Body[] = [];

  readonly expect = expect;

  readonly describe = (_name: string, body: () => void): void => body();

  readonly it = (name: string, test: Body): void => void this.tests.push({ name, test });

  readonly beforeEach = (hook: Body): void => void this.#before.push(hook);

  readonly afterEach = (hook: Body): void => void this.#after.push(hook);

  /** The names of the tests that fail. */
  async failures(): Promise<string[]> {
    const failed: string[] = [];
    for (const { name, test } of this.tests) {
      for (const hook of this.#before) await hook();
      try {
        await test();
      } catch {
        failed.push(name);
      }
      for (const hook of this.#after) await hook();
    }
    return failed;
  }
}
