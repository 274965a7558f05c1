import type { TestFramework } from '../test-framework.js';

/** What the suite for stores expects of a value: Vitest and Jest have all of it. @publicApi */
export interface Expectation {
  readonly not: Expectation;
  toBe(expected: unknown): void;
  toBeGreaterThan(expected: number): void;
  toBeGreaterThanOrEqual(expected: number): void;
  toBeLessThan(expected: number): void;
  toBeLessThanOrEqual(expected: number): void;
  toBeNull(): void;
  toBeUndefined(): void;
  toContain(expected: unknown): void;
  toEqual(expected: unknown): void;
  toHaveLength(expected: number): void;
  toMatchObject(expected: object): void;
  readonly rejects: PromisedExpectation;
  readonly resolves: PromisedExpectation;
}

/** The same of a promise. @publicApi */
export interface PromisedExpectation {
  toBe(expected: unknown): Promise<void>;
  toBeUndefined(): Promise<void>;
  toMatchObject(expected: object): Promise<void>;
  toThrow(expected?: string): Promise<void>;
}

/** What the suite for stores needs of Vitest or Jest: pass their own functions. @publicApi */
export interface StoreTestFramework extends TestFramework {
  readonly beforeEach: (hook: () => Promise<void>) => unknown;
  readonly afterEach: (hook: () => Promise<void>) => unknown;
  readonly expect: (actual: unknown) => Expectation;
}
