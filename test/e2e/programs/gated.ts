import { Injectable } from '@nestjs/common';
import { currentRun, Interval } from '../../../lib/index.js';
import { runApplication } from './support/application.js';
import { gates } from './support/gates.js';
import { tell } from './support/parent.js';

/** Handlers that end when the test wants it, when their signal is aborted, or never. */
@Injectable()
class Work {
  @Interval(100, { id: 'patient' })
  async patient(): Promise<string> {
    const { runId } = currentRun();
    tell({ started: runId });
    await gates.opened('patient');
    tell({ ended: runId });
    return 'done';
  }

  @Interval(100, { id: 'obedient' })
  async obedient(): Promise<void> {
    const { runId, signal } = currentRun();
    tell({ started: runId });
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    tell({ aborted: runId, reason: (signal.reason as Error).name });
    signal.throwIfAborted();
  }

  @Interval(50, { id: 'beat' })
  beat(): void {
    tell({ started: currentRun().runId });
  }
}

await runApplication([Work]);
