import { afterEach, expect, it } from 'vitest';
import { at } from '../../lib/triggers/factories.js';
import { Harness } from '../support/scheduler-harness.js';

let harness: Harness;

afterEach(() => harness.service.shutdown({ timeout: 0 }));

it('untilIdle resolves as soon as the last outcome is written, not at the next look at the store', async () => {
  harness = new Harness();
  harness.task('last', () => new Promise<void>((done) => harness.clock.setTimer(done, 2_000)));
  await harness.service.start();
  await harness.service.addJob({ task: 'last', trigger: at('2030-01-01T00:00:05Z') });
  let isIdle = false;
  const idle = harness.service.untilIdle().then(() => (isIdle = true));

  await harness.clock.advance(6_999);
  expect(isIdle).toBe(false);
  await harness.clock.advance(1);
  expect(isIdle).toBe(true);
  await idle;
});
