import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { compiled } from '../support/compiled.js';

const run = promisify(execFile);

describe('a real process', () => {
  it('outlives subscribers and listeners that throw, sync and async, behind pipe and operators, and they go on', async () => {
    const program = compiled('test/events/programs/harmful-subscribers.ts');
    const { stdout, stderr } = await run(process.execPath, [program]);

    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      honest: 3,
      function: 3,
      observer: 3,
      async: 3,
      ofType: 3,
      share: 3,
      delay: 3,
      observeOn: 3,
      mergeWith: 5,
      listener: 3,
      'async listener': 3,
      // An operator that throws ends its own subscription, and only that, by the contract of rxjs.
      operator: 1,
      'late operator': 1,
      'operator, handled': 1,
      'error handler': 1,
      inner: 1,
      'complete handler': 1,
    });
  });
});
