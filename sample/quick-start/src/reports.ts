import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Cron, currentRun } from 'nestjs-advanced-scheduler';

@Injectable()
export class Reports {
  /**
   * One method, two jobs: every night, and every five seconds so that there is something to see. Nights and seconds
   * missed while the process was down are made up for by one report, the latest; those it stands for are on record.
   */
  @Cron('0 3 * * *', { id: 'nightly-report' })
  @Cron('*/5 * * * * *', { id: 'sales-report' })
  async sales(): Promise<{ until: string; orders: number }> {
    const { scheduledTime, signal } = currentRun();
    // Work that takes its time, and stops early if the scheduler has to shut down before it is done.
    await pause(1500, undefined, { signal });
    return { until: scheduledTime.toISOString(), orders: scheduledTime.getUTCSeconds() * 3 };
  }
}
