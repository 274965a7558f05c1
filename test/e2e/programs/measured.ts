import { Injectable } from '@nestjs/common';
import { currentRun, Interval, Task } from '../../../lib/index.js';
import { runApplication } from './support/application.js';
import { gates } from './support/gates.js';
import { tell } from './support/parent.js';

const TICK_MS = 10;

@Injectable()
class Work {
  @Interval(100, { id: 'beat' })
  beat(): void {}

  @Task('gated')
  async gated(): Promise<string> {
    tell({ started: currentRun().runId });
    await gates.opened('gate');
    return 'done';
  }
}

/** How late the timers of the application itself come. */
let ticks = 0;
let longestGapMs = 0;
let lastTick = performance.now();
setInterval(() => {
  const now = performance.now();
  ticks++;
  longestGapMs = Math.max(longestGapMs, now - lastTick);
  lastTick = now;
}, TICK_MS).unref();

/** Since the last time it was asked. */
function ticksSince() {
  const answer = { ticks, longestGapMs: Math.round(longestGapMs) };
  ticks = 0;
  longestGapMs = 0;
  return answer;
}

await runApplication([Work], { verbs: { ticksSince } });
