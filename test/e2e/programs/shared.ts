import { Injectable } from '@nestjs/common';
import { currentRun, Interval, Task } from '../../../lib/index.js';
import { runApplication } from './support/application.js';
import { gates } from './support/gates.js';
import { tell } from './support/parent.js';

/** Every process of the cluster knows the same. */
@Injectable()
class Work {
  @Interval(30, { id: 'beat' })
  beat(): void {}

  @Task('note')
  note(text: string): string {
    tell({ started: currentRun().runId });
    return text;
  }

  @Task('wait')
  async wait(gate: string): Promise<void> {
    tell({ started: currentRun().runId });
    await gates.opened(gate);
  }

  /** Ends when it is asked to, and not before. */
  @Task('obey')
  async obey(): Promise<void> {
    const { runId, signal } = currentRun();
    tell({ started: runId });
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    signal.throwIfAborted();
  }
}

await runApplication([Work]);
