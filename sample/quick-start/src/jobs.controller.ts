import { Controller, Delete, Get, HttpCode, Param, Post, UseFilters } from '@nestjs/common';
import { type Job, type PauseResult, type Run, SchedulerService } from 'nestjs-advanced-scheduler';
import { SchedulerErrorFilter } from './scheduler-error.filter.js';

@Controller('jobs')
@UseFilters(SchedulerErrorFilter)
export class JobsController {
  readonly #scheduler: SchedulerService;

  constructor(scheduler: SchedulerService) {
    this.#scheduler = scheduler;
  }

  @Get()
  list(): Promise<Job[]> {
    return this.#scheduler.getJobs();
  }

  /** Answers which runs of the job were still running: they end normally. */
  @Post(':id/pause')
  @HttpCode(200)
  pause(@Param('id') id: string): Promise<PauseResult> {
    return this.#scheduler.pauseJob(id);
  }

  @Post(':id/resume')
  @HttpCode(200)
  resume(@Param('id') id: string): Promise<Job> {
    return this.#scheduler.resumeJob(id);
  }

  /** Runs the job now, beside its schedule. */
  @Post(':id/run')
  @HttpCode(202)
  run(@Param('id') id: string): Promise<Run> {
    return this.#scheduler.runJob(id);
  }

  @Delete(':id')
  @HttpCode(204)
  remove(@Param('id') id: string): Promise<void> {
    return this.#scheduler.removeJob(id);
  }
}
