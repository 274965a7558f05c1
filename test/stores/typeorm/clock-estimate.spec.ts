import { beforeEach, describe, expect, it } from 'vitest';
import { ClockEstimate } from '../../../lib/stores/typeorm/clock-estimate.js';

const STORE_AHEAD_MS = 1_000_000;

describe('an estimate of the clock of the store', () => {
  let elapsed: number;
  let aheadMs: number;
  let estimate: ClockEstimate;

  beforeEach(() => {
    elapsed = 0;
    aheadMs = STORE_AHEAD_MS;
    estimate = new ClockEstimate(() => elapsed);
  });

  /** A question that takes so long on its way there and back. */
  const ask = (thereMs: number, backMs: number) =>
    estimate.learn(
      async () => {
        elapsed += thereMs;
        const answer = Math.round(elapsed + aheadMs);
        elapsed += backMs;
        return answer;
      },
      (answer) => answer,
    );
  const behindMs = () => elapsed + aheadMs - estimate.now;

  it('is nothing before the first answer', () => {
    expect(estimate.now).toBeNaN();
  });

  it('is behind by no more than an answer took, and never ahead', async () => {
    await ask(3, 40);
    expect(behindMs()).toBe(40);
    elapsed += 10_000;
    expect(behindMs()).toBe(40);
  });

  it('becomes as good as the best answer, and no worse by a slow one', async () => {
    await ask(3, 40);
    await ask(3, 2);
    expect(behindMs()).toBe(2);
    await ask(30, 400);
    expect(behindMs()).toBe(2);
  });

  it('is not before what the store has answered last', async () => {
    const answer = await ask(3, 40);
    expect(estimate.now).toBe(answer);
  });

  it.each([-90_000, 90_000])('follows a clock that has stepped by %i ms', async (stepMs) => {
    await ask(1, 1);
    aheadMs += stepMs;
    await ask(1, 2);
    expect(behindMs()).toBe(2);
  });

  it('learns nothing of an answer without the time', async () => {
    await ask(1, 1);
    const before = estimate.now;
    await estimate.learn(
      async () => 'refused',
      () => null,
    );
    expect(estimate.now).toBe(before);
  });
});
