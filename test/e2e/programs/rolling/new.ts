import { Injectable } from '@nestjs/common';
import { Interval, Task } from '../../../../lib/index.js';
import { runApplication } from '../support/application.js';

@Injectable()
class Work {
  /** Another trigger than in the old version. */
  @Interval({ milliseconds: 70 }, { id: 'shared' })
  shared(): void {}

  @Interval({ milliseconds: 50 }, { id: 'new-only' })
  newOnly(): void {}

  @Task('new-task')
  newTask(): void {}

  /** Under its present name and the one it had. */
  @Task('gated')
  gated(gate: string): string {
    return gate;
  }
}

await runApplication([Work]);
