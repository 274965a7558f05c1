import { Injectable, Logger } from '@nestjs/common';
import { AfterStart, At } from 'nestjs-advanced-scheduler';

@Injectable()
export class Housekeeping {
  readonly #logger = new Logger('Housekeeping');

  /** Once in every process, a second after its start; kept in memory, since the next process has a cache of its own. */
  @AfterStart({ seconds: 1 }, { id: 'warm-cache' })
  warmCache(): void {
    this.#logger.log('The cache is warm.');
  }

  /** Once for good: having run, it does not run again after a restart. */
  @At('2035-06-30T09:00:00', { id: 'renew-certificate' })
  renewCertificate(): void {
    this.#logger.log('The certificate expires in a month.');
  }
}
