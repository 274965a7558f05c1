import { beforeEach, describe, expect, it } from 'vitest';
import { NewsGate } from '../../../lib/stores/typeorm/drivers/news-gate.js';
import { VirtualClock } from '../../support/virtual-clock.js';

describe('news of other sessions', () => {
  let clock: VirtualClock;
  let gate: NewsGate;
  let passedAt: number[];

  beforeEach(() => {
    clock = new VirtualClock('2030-01-01T00:00:00.000Z');
    passedAt = [];
    const startedAt = clock.monotonic();
    gate = new NewsGate(clock, true, () => passedAt.push(clock.monotonic() - startedAt));
  });

  it('are passed on at once after a quiet time', () => {
    gate.tell();
    expect(passedAt).toEqual([0]);
  });

  it('that follow within five milliseconds are passed on as one at their end', async () => {
    gate.tell();
    gate.tell();
    await clock.advance(2);
    gate.tell();
    expect(passedAt).toEqual([0]);
    await clock.advance(1000);
    expect(passedAt).toEqual([0, 5]);
  });

  it('that go on are passed on every five milliseconds', async () => {
    for (let i = 0; i < 12; i++) {
      gate.tell();
      await clock.advance(1);
    }
    await clock.advance(1000);
    expect(passedAt).toEqual([0, 5, 10, 15]);
  });

  it('are passed on at once again when nothing came for five milliseconds', async () => {
    gate.tell();
    await clock.advance(5);
    gate.tell();
    expect(passedAt).toEqual([0, 5]);
  });

  it('are not passed on after its end', async () => {
    gate.tell();
    gate.tell();
    gate.stop();
    gate.tell();
    await clock.advance(1000);
    expect(passedAt).toEqual([0]);
  });
});
