import { Injectable } from '@nestjs/common';
import { Cron, currentRun } from '../../../lib/index.js';
import { runApplication } from './support/application.js';
import { gates } from './support/gates.js';
import { tell } from './support/parent.js';

@Injectable()
class Work {
  /** Its runs wait for the test, one by one. */
  @Cron('* * * * *', { id: 'backlog', coalesce: 'all' })
  async catchUp(): Promise<void> {
    const { runId, scheduledTime } = currentRun();
    tell({ started: runId });
    await gates.opened(scheduledTime.toISOString());
  }
}

await runApplication([Work]);
