import { describe, expect, it } from 'vitest';
import { lossOf, withFailedAttempt, type AttemptRecord } from '../../lib/jobs/attempts.js';

const error = { name: 'Error', message: 'no answer', stack: 'Error: no answer\n    at sync' };

const runOf = (attempt: number, attempts: readonly AttemptRecord[] | null = null) => ({
  attempt,
  attempts,
  node: 'node-1',
  startedAt: attempt * 1_000,
  availableAt: 0,
});

/** What is kept of a run whose attempts up to `last` have failed. */
function failedUpTo(last: number): readonly AttemptRecord[] {
  let attempts: readonly AttemptRecord[] | null = null;
  for (let attempt = 1; attempt <= last; attempt++) {
    attempts = withFailedAttempt(runOf(attempt, attempts), attempt * 1_000 + 7, error);
  }
  return attempts ?? [];
}

describe('the attempts of a run', () => {
  it('are kept with who made them, when, and what they failed of', () => {
    expect(withFailedAttempt(runOf(1), 1_007.9, error)).toEqual([
      { attempt: 1, node: 'node-1', startedAt: 1_000, finishedAt: 1_007, error },
    ]);
    expect(failedUpTo(3).map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  });

  it('are all kept up to 51, and of more the first and the latest 50', () => {
    expect(failedUpTo(51).map(({ attempt }) => attempt)).toEqual(Array.from({ length: 51 }, (_, i) => i + 1));
    const many = failedUpTo(200);
    expect(many.map(({ attempt }) => attempt)).toEqual([1, ...Array.from({ length: 50 }, (_, i) => i + 151)]);
  });

  it('are kept with errors of a bounded length', () => {
    const long = { name: 'Error', message: 'm'.repeat(5_000), stack: 's'.repeat(5_000) };
    const [attempt] = withFailedAttempt(runOf(1), 0, long);
    expect(attempt?.error).toEqual({ name: 'Error', message: `${'m'.repeat(1_000)}…`, stack: `${'s'.repeat(2_000)}…` });
  });

  it('can be changed by nobody who is given them', () => {
    const attempts = failedUpTo(2);
    expect(Object.isFrozen(attempts)).toBe(true);
    expect(attempts.every((each) => Object.isFrozen(each) && Object.isFrozen(each.error))).toBe(true);
  });
});

describe('the loss of an attempt', () => {
  it('names the node that died, or says that it had to end', () => {
    expect(lossOf('node-1', 'died')).toEqual({ name: 'RunLostError', message: 'Node node-1, which ran it, died.' });
    expect(lossOf('node-1', 'left').message).toContain('shutdown');
  });
});
