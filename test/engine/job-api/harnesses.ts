import { afterEach, expect } from 'vitest';
import { SchedulerError } from '../../../lib/errors/scheduler-error.js';
import type { DeclaredJob } from '../../../lib/jobs/declared-job.js';
import type { JobOptions } from '../../../lib/jobs/job-options.js';
import type { RunState } from '../../../lib/jobs/run-record.js';
import type { RunsFilter } from '../../../lib/engine/run-history.js';
import type { SchedulerModuleOptions } from '../../../lib/scheduler.options.js';
import type { TriggerDefinition } from '../../../lib/triggers/trigger.js';
import { Harness } from '../../support/scheduler-harness.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';

/** Makes schedulers for the tests of one file and ends them after each test. */
export function harnesses() {
  const opened: Harness[] = [];
  afterEach(async () => {
    for (const harness of opened.splice(0)) await shutDown(harness);
  });

  const create = (options: SchedulerModuleOptions = {}, clock?: VirtualClock): Harness => {
    const harness = new Harness(options, clock);
    opened.push(harness);
    return harness;
  };
  return {
    create,
    /** A scheduler that runs, with the task `work`. */
    async running(options: SchedulerModuleOptions = {}, clock?: VirtualClock) {
      const harness = create(options, clock);
      const calls = harness.task('work');
      await harness.scheduler.start();
      return { harness, calls, clock: harness.clock, service: harness.service };
    },
  };
}

export async function shutDown(harness: Harness): Promise<void> {
  const ended = harness.scheduler.shutdown(0);
  await harness.clock.advance(1);
  await ended;
}

/** A handler that the test lets go on when it wants to. */
export class Gate {
  #open!: (value?: unknown) => void;
  readonly passed = new Promise<unknown>((resolve) => (this.#open = resolve));

  open(value?: unknown): Promise<void> {
    this.#open(value);
    return settle();
  }
}

/** A handler whose every call waits at a gate of its own, in order. */
export class Gates {
  readonly #gates: Gate[] = [];

  readonly handler = (): Promise<unknown> => {
    const gate = new Gate();
    this.#gates.push(gate);
    return gate.passed;
  };

  /** How many calls have come. */
  get calls(): number {
    return this.#gates.length;
  }

  open(call: number, value?: unknown): Promise<void> {
    return (this.#gates[call] as Gate).open(value);
  }

  async openAll(): Promise<void> {
    for (let i = 0; i < this.#gates.length; i++) await this.open(i);
  }
}

export function declaredJob(
  id: string,
  trigger: TriggerDefinition,
  options: JobOptions = {},
  source = `Reports.${id}`,
): DeclaredJob {
  return { id, task: 'work', trigger, afterStart: null, options, disabled: false, source };
}

/** State, reason, first slot and count of the runs on record, oldest first. */
export async function records(harness: Harness, filter: RunsFilter = {}): Promise<string[]> {
  const { runs } = await harness.service.getRuns(filter);
  return runs.toReversed().map(({ state, reason, scheduledTime, count }) => {
    const what = reason === null ? state : `${state} (${reason})`;
    return `${time(scheduledTime)} ${what}${count > 1 ? ` ×${count}` : ''}`;
  });
}

export async function runStates(harness: Harness, jobId: string): Promise<RunState[]> {
  const { runs } = await harness.service.getRuns({ jobId });
  return runs.toReversed().map(({ state }) => state);
}

/** The time of day, as in `03:00:00`. */
export function time(instant: Date | string | null | undefined): string | null {
  return instant ? new Date(instant).toISOString().slice(11, 19) : null;
}

export function timesOf(calls: readonly { readonly at: string }[]): (string | null)[] {
  return calls.map(({ at }) => time(at));
}

/** What `call` is refused with: a SchedulerError, whose message holds each of `words`. */
export async function refusal(call: () => unknown, ...words: string[]): Promise<SchedulerError> {
  let error: unknown;
  try {
    await call();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(SchedulerError);
  const { message } = error as SchedulerError;
  for (const word of words) expect(message).toContain(word);
  return error as SchedulerError;
}
