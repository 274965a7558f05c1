import { openSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import {
  Cron,
  currentRun,
  Interval,
  interval,
  RunCancelledError,
  SchedulerService,
  Task,
  type JobInput,
  type RunContext,
} from '../../../lib/index.js';
import { Random } from '../support/random.js';
import { config, runApplication } from './support/application.js';
import { tell } from './support/parent.js';
import { witnessedJobs, type CallEnd, type WitnessedJob } from './support/witnessed-jobs.js';

const { witness, seed, crowd } = config as typeof config & WitnessedConfig;

interface WitnessedConfig {
  readonly witness: string;
  readonly seed: number;
  readonly crowd: number;
}

/** Every process appends to it, whole lines at a time: what has happened, whatever the store says. */
const file = openSync(witness, 'a');

/** A process that gets no CPU for so long may be taken for dead, as one that was stopped. Milliseconds. */
const STALL_MS = 300;

/** So often it is told that handlers were called. */
const TOLD_STARTS = 10;

const LONGEST_RUN_MS = 45;

/** A handler that may fail does so one time in so many. */
const FAILS_ONE_IN = 3;

/** A handler that may last long does so at its job's first call in a process, and one time in so many from there on. */
const LASTS_ONE_IN = 5;

const specs: ReadonlyMap<string, WitnessedJob> = witnessedJobs(crowd);
const jobs = [...specs];
let starts = 0;

@Injectable()
class Work implements OnApplicationBootstrap {
  readonly #scheduler: SchedulerService;
  readonly #random = new Random(seed);
  readonly #calls = new Map<string, number>();

  constructor(@Inject(SchedulerService) scheduler: SchedulerService) {
    this.#scheduler = scheduler;
  }

  /** Every process adds them; the first one does. */
  async onApplicationBootstrap(): Promise<void> {
    await this.#scheduler.addJobs(jobs.filter(([, { isAdded }]) => isAdded).map(([id, job]) => added(id, job)));
  }

  @Task('added')
  async work(): Promise<void> {
    const run = currentRun();
    write('start', run);
    if (++starts % TOLD_STARTS === 0) tell({ starts });
    const { lasts, fails = false } = specs.get(run.jobId) as WitnessedJob;
    if (lasts === undefined) await pause(this.#random.below(LONGEST_RUN_MS));
    else await this.#untilTold(run, this.#isLong(run) ? lasts : this.#random.below(LONGEST_RUN_MS));
    const hasFailed = fails && this.#random.below(FAILS_ONE_IN) === 0;
    write('end', run, hasFailed ? 'failed' : 'succeeded');
    if (hasFailed) throw new Error('This attempt fails.');
  }

  /** By counting: by chance there may be none before all is over. */
  #isLong({ jobId }: RunContext): boolean {
    const before = this.#calls.get(jobId) ?? 0;
    this.#calls.set(jobId, before + 1);
    return before % LASTS_ONE_IN === 0;
  }

  /** Ends early when it is told to, as handlers should. */
  async #untilTold(run: RunContext, ms: number): Promise<void> {
    const { signal } = run;
    try {
      await pause(ms, undefined, { signal });
    } catch (error) {
      write('end', run, signal.reason instanceof RunCancelledError ? 'cancelled' : 'aborted');
      throw error;
    }
  }
}

/** As if the method carried a decorator for each of them. */
for (const [id, { every, cron, isAdded, options }] of jobs) {
  if (isAdded) continue;
  const decorate = cron === undefined ? Interval(every, { ...options, id }) : Cron(cron, { ...options, id });
  const { prototype } = Work;
  decorate(prototype, 'work', Object.getOwnPropertyDescriptor(prototype, 'work') as PropertyDescriptor);
}

function added(id: string, { every, options }: WitnessedJob): JobInput {
  return { ...options, id, task: 'added', trigger: interval(every), onConflict: 'ignore' };
}

function write(what: 'start' | 'end', run: RunContext, how: CallEnd | null = null): void {
  const { runId, jobId, attempt } = run;
  // What no handler needs to know: who took the run, and under which fence.
  const { node, fence } = (run as RunContext & { readonly record: { node: string; fence: number } }).record;
  const line = { what, how, runId, jobId, attempt, node, fence, pid: process.pid, at: Date.now() };
  writeSync(file, `${JSON.stringify(line)}\n`);
}

let lastTurn = Date.now();
setInterval(() => {
  const now = Date.now();
  if (now - lastTurn > STALL_MS) tell({ stall: { from: lastTurn, to: now } });
  lastTurn = now;
}, 20).unref();

await runApplication([Work]);
