import { openSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Cron, currentRun, Interval, interval, SchedulerService, Task } from '../../../lib/index.js';
import { config, runApplication } from './support/application.js';
import { tell } from './support/parent.js';

const { witness, seed } = config as typeof config & { readonly witness: string; readonly seed: number };

/** Every process appends to it, whole lines at a time: what has happened, whatever the store says. */
const file = openSync(witness, 'a');

/** A process that gets no CPU for so long may be taken for dead, as one that was stopped. Milliseconds. */
const STALL_MS = 300;

@Injectable()
class Work implements OnApplicationBootstrap {
  readonly #scheduler: SchedulerService;
  #state = seed;

  constructor(@Inject(SchedulerService) scheduler: SchedulerService) {
    this.#scheduler = scheduler;
  }

  /** Every process adds them; the first one does. */
  async onApplicationBootstrap(): Promise<void> {
    const job = { task: 'added', onConflict: 'ignore' } as const;
    await this.#scheduler.addJobs([
      { ...job, id: 'added-60', trigger: interval(60) },
      { ...job, id: 'added-90', trigger: interval(90), maxInstances: 2 },
    ]);
  }

  @Interval(50, { id: 'declared-50' })
  @Interval(80, { id: 'declared-80', coalesce: 'all' })
  @Interval(100, { id: 'declared-100', coalesce: 'earliest', misfireGraceTime: { seconds: 1 } })
  @Cron('* * * * * *', { id: 'every-second' })
  @Task('added')
  async work(): Promise<void> {
    const { runId, attempt } = currentRun();
    write('start', runId, attempt);
    await pause(this.#random(45));
    write('end', runId, attempt);
  }

  #random(below: number): number {
    this.#state = (this.#state * 1_103_515_245 + 12_345) % 2 ** 31;
    return this.#state % below;
  }
}

function write(what: 'start' | 'end', runId: string, attempt: number): void {
  writeSync(file, `${JSON.stringify({ what, runId, attempt, pid: process.pid, at: Date.now() })}\n`);
}

let lastTurn = Date.now();
setInterval(() => {
  const now = Date.now();
  if (now - lastTurn > STALL_MS) tell({ stall: { from: lastTurn, to: now } });
  lastTurn = now;
}, 20).unref();

await runApplication([Work]);
