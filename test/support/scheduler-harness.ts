import { Logger } from '@nestjs/common';
import { Scheduler } from '../../lib/engine/scheduler.js';
import { functionTask } from '../../lib/executors/function-task.js';
import type { SchedulerEvent, SchedulerEventType } from '../../lib/events/scheduler-event.js';
import { resolveOptions, type SchedulerModuleOptions } from '../../lib/scheduler.options.js';
import { SchedulerService } from '../../lib/scheduler.service.js';
import { VirtualClock } from './virtual-clock.js';

/** A scheduler without Nest, on a clock that the test moves. */
export class Harness {
  readonly clock: VirtualClock;
  readonly scheduler: Scheduler;
  readonly service: SchedulerService;
  readonly events: SchedulerEvent[] = [];

  constructor(options: SchedulerModuleOptions = {}, clock = new VirtualClock()) {
    Logger.overrideLogger(false);
    this.clock = clock;
    this.scheduler = new Scheduler(resolveOptions({ clock, ...options }));
    this.service = new SchedulerService(this.scheduler);
    this.service.events$.subscribe((event) => this.events.push(event));
  }

  /** Registers a task that records its calls, in order, with the instant of each. */
  task(name: string, handler: (...args: unknown[]) => unknown = () => undefined): { at: string; args: unknown[] }[] {
    const calls: { at: string; args: unknown[] }[] = [];
    const record = (...args: unknown[]): unknown => {
      calls.push({ at: new Date(this.clock.now()).toISOString(), args });
      return handler(...args);
    };
    this.scheduler.tasks.register(functionTask(name, record, {}));
    return calls;
  }

  /** The types of the events so far, without those of the start. */
  types(...prefixes: string[]): SchedulerEventType[] {
    return this.events.map(({ type }) => type).filter((type) => prefixes.some((prefix) => type.startsWith(prefix)));
  }

  of<Type extends SchedulerEventType>(type: Type): Extract<SchedulerEvent, { type: Type }>[] {
    return this.events.filter((event) => event.type === type) as Extract<SchedulerEvent, { type: Type }>[];
  }
}
