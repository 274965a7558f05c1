import { Controller, Get, Query, UseFilters } from '@nestjs/common';
import { type RunPage, type RunState, SchedulerService } from 'nestjs-advanced-scheduler';
import { SchedulerErrorFilter } from './scheduler-error.filter.js';

@Controller('runs')
@UseFilters(SchedulerErrorFilter)
export class RunsController {
  readonly #scheduler: SchedulerService;

  constructor(scheduler: SchedulerService) {
    this.#scheduler = scheduler;
  }

  /** Everything that became of a fire, the latest first: `?jobId=poll-rates&state=missed,skipped&limit=10`. */
  @Get()
  list(
    @Query('jobId') jobId?: string,
    @Query('state') states?: string,
    @Query('limit') limit?: string,
    @Query('cursor') cursor?: string,
  ): Promise<RunPage> {
    return this.#scheduler.getRuns({
      jobId,
      // The scheduler checks the names.
      state: states?.split(',') as RunState[] | undefined,
      limit: limit === undefined ? 20 : Number(limit),
      cursor,
    });
  }
}
