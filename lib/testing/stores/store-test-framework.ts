import type { TestFramework } from '../test-framework.js';

/** What the suite for stores asks about a value: Vitest and Jest have all of it. @publicApi */
export interface ValueMatchers {
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
}

/** The same of a promise. @publicApi */
export interface PromiseMatchers {
  toBe(expected: unknown): Promise<void>;
  toBeUndefined(): Promise<void>;
  toMatchObject(expected: object): Promise<void>;
  toThrow(expected?: string): Promise<void>;
}

/** What `expect` answers. @publicApi */
export interface Expectation extends ValueMatchers {
  readonly not: ValueMatchers;
  readonly rejects: PromiseMatchers;
  readonly resolves: PromiseMatchers;
}

/** What the suite for stores needs of Vitest or Jest: pass their own functions. @publicApi */
export interface StoreTestFramework extends TestFramework {
  readonly beforeEach: (hook: () => Promise<void>) => unknown;
  readonly afterEach: (hook: () => Promise<void>) => unknown;
  readonly expect: (actual: unknown) => Expectation;
}
