import { Injectable, Logger } from '@nestjs/common';
import {
  OnSchedulerEvent,
  type RunFailedEvent,
  type RunSkippedEvent,
  type RunSucceededEvent,
} from 'nestjs-advanced-scheduler';

/**
 * Prints one line for each run. Misses, lost runs and failures need none here: the scheduler logs those itself.
 * `run.skipped` is here for the fires rolled up into a later one, which it logs at the level `debug` only.
 */
@Injectable()
export class RunLog {
  readonly #logger = new Logger('Runs');

  @OnSchedulerEvent('run.succeeded', 'run.failed')
  ended(event: RunSucceededEvent | RunFailedEvent): void {
    const { jobId, scheduledTime, startedAt, duration, type } = event;
    const lateness = startedAt.getTime() - scheduledTime.getTime();
    const outcome = type === 'run.succeeded' ? `took ${duration} ms` : `failed after ${duration} ms`;
    this.#logger.log(`${jobId}: scheduled ${timeOf(scheduledTime)}, started ${lateness} ms late, ${outcome}`);
  }

  @OnSchedulerEvent('run.skipped')
  skipped({ jobId, reason, count, scheduledTime, until }: RunSkippedEvent): void {
    if (reason !== 'coalesced') return;
    const from = timeOf(scheduledTime);
    const fires = count === 1 ? `the fire of ${from}` : `${count} fires from ${from} to ${timeOf(until)}`;
    this.#logger.log(`${jobId}: one run makes up for ${fires} as well`);
  }
}

/** `09:41:05.000Z` */
function timeOf(instant: Date): string {
  return instant.toISOString().slice(11);
}
