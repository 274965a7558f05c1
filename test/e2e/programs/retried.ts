import { Injectable } from '@nestjs/common';
import { currentRun, Interval } from '../../../lib/index.js';
import { runApplication } from './support/application.js';
import { gates } from './support/gates.js';
import { tell } from './support/parent.js';

/** A handler that ends when the test wants it, and has a second try. */
@Injectable()
class Work {
  @Interval(100, { id: 'again', retry: { maxAttempts: 2, delay: 0 } })
  async again(): Promise<void> {
    const { runId, attempt } = currentRun();
    tell({ attempt: { runId, attempt } });
    await gates.opened('again');
  }
}

await runApplication([Work]);
