import { Injectable } from '@nestjs/common';
import { AfterStart, currentRun, Interval } from '../../../lib/index.js';
import { runApplication } from './support/application.js';
import { tell } from './support/parent.js';

@Injectable()
class Work {
  @AfterStart(0, { id: 'process-is-up' })
  processIsUp(): void {}

  @AfterStart(0, { id: 'cluster-is-up', scope: 'cluster' })
  clusterIsUp(): void {}

  @Interval(50, { id: 'beat' })
  beat(): void {
    tell({ started: currentRun().runId });
  }
}

await runApplication([Work]);
