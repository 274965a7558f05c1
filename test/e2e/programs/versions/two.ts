import { Injectable } from '@nestjs/common';
import { At, Cron, Interval, Task } from '../../../../lib/index.js';
import { runApplication } from '../support/application.js';

@Injectable()
class Reports {
  /** Another trigger. */
  @Cron('0 4 * * *', { id: 'daily' })
  daily(): void {}

  /** Other options. */
  @Interval({ hours: 1 }, { id: 'hourly', coalesce: 'all', tags: ['kept'] })
  hourly(): void {}

  @At('2030-01-01T10:20:00Z', { id: 'opening' })
  opening(): void {}

  /** New. */
  @Cron('45 * * * *', { id: 'quarter-to' })
  quarterTo(): void {}
}

@Injectable()
class Invoices {
  @Task('send-invoice')
  send(): void {}
}

await runApplication([Reports, Invoices]);
