/** What a suite needs of Vitest, Jest or `node:test`: pass their own functions. @publicApi */
export interface TestFramework {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, test: () => void | Promise<void>) => unknown;
}
