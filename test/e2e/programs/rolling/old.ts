import { Injectable } from '@nestjs/common';
import { currentRun, Interval, Task } from '../../../../lib/index.js';
import { runApplication } from '../support/application.js';
import { gates } from '../support/gates.js';
import { tell } from '../support/parent.js';

@Injectable()
class Work {
  @Interval({ milliseconds: 50 }, { id: 'shared' })
  shared(): void {}

  /** The new version declares it no more. */
  @Interval({ milliseconds: 50 }, { id: 'old-only' })
  oldOnly(): void {}

  /** Runs only when it is asked to. */
  @Interval({ hours: 1 }, { id: 'old-quiet' })
  oldQuiet(): void {}

  @Task('old-task')
  oldTask(): void {}

  @Task('old-gated')
  oldGated(gate: string): Promise<string> {
    return this.gated(gate);
  }

  @Task('gated')
  async gated(gate: string): Promise<string> {
    tell({ started: currentRun().runId });
    await gates.opened(gate);
    return gate;
  }
}

await runApplication([Work]);
