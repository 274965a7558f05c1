import { Injectable } from '@nestjs/common';
import { At, Cron, Interval, Task } from '../../../../lib/index.js';
import { runApplication } from '../support/application.js';
import { tell } from '../support/parent.js';

@Injectable()
class Reports {
  @Cron('0 3 * * *', { id: 'daily' })
  daily(): void {}

  @Interval({ hours: 1 }, { id: 'hourly' })
  hourly(): void {}

  /** The second version declares it no more. */
  @Cron('30 * * * *', { id: 'half-past' })
  halfPast(): void {}

  @At('2030-01-01T10:20:00Z', { id: 'opening' })
  opening(): void {}
}

@Injectable()
class Mailer {
  /** Another task in the second version, and an alias in the third. */
  @Task('send-mail')
  send(to: string, text: string): string {
    tell({ sent: [to, text] });
    return `${to}: ${text}`;
  }
}

await runApplication([Reports, Mailer]);
