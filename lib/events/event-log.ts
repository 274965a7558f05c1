import { Logger } from '@nestjs/common';
import { describeEvent } from './describe-event.js';
import { LEVELS, type Level } from './event-types.js';
import type { SchedulerEvent, SchedulerEventType } from './scheduler-event.js';

// Taken once: an application's fake timers must not freeze the levels.
const nextTurn = setImmediate;

/** Writes each event once through Nest's `Logger`, one line at the level that its type has. */
export class EventLog {
  readonly #logger: Logger;
  /** Which levels are on, looked up once per turn of the event loop: asking Nest for every fire costs ten times more. */
  #enabled: Readonly<Record<Level, boolean>> | null = null;

  constructor(logger: Logger = new Logger('Scheduler')) {
    this.#logger = logger;
  }

  /** Which levels are on: the same object within a turn of the event loop, from whose end a change counts. */
  get enabled(): Readonly<Record<Level, boolean>> {
    return this.#enabled ?? this.#readLevels();
  }

  /** Whether an event of this type would be written. */
  wants(type: SchedulerEventType): boolean {
    return this.enabled[LEVELS[type]];
  }

  /** Never throws, whatever the application's logger does. */
  write(event: SchedulerEvent): void {
    const level = levelOf(event);
    if (!this.enabled[level]) return;
    try {
      const line = describeEvent(event);
      if (level === 'error') this.#logger.error(line, 'error' in event ? event.error.stack : undefined);
      else this.#logger[level](line);
    } catch {
      // There is nowhere left to say so.
    }
  }

  #readLevels(): Readonly<Record<Level, boolean>> {
    const enabled = {
      error: Logger.isLevelEnabled('error'),
      warn: Logger.isLevelEnabled('warn'),
      log: Logger.isLevelEnabled('log'),
      debug: Logger.isLevelEnabled('debug'),
    };
    this.#enabled = enabled;
    nextTurn(() => (this.#enabled = null)).unref();
    return enabled;
  }
}

/** Coalescing is what a job asked for, and a pause what a caller did; every other skip or pause is a surprise. */
function levelOf(event: SchedulerEvent): Level {
  if (event.type === 'run.skipped' && event.reason === 'coalesced') return 'debug';
  return event.type === 'job.paused' && event.reason === 'manual' ? 'debug' : LEVELS[event.type];
}
