import { Injectable } from '@nestjs/common';
import { Cron, Task } from '../../../../lib/index.js';
import { runApplication } from '../support/application.js';
import { tell } from '../support/parent.js';

/** Everything has been renamed, and says what it was called. */
@Injectable()
class Accounts {
  @Cron('0 3 * * *', { id: 'daily', aliases: ['Reports.daily'] })
  closeTheDay(): void {}
}

@Injectable()
class Post {
  @Task('deliver', { aliases: ['send-mail'] })
  deliver(to: string, text: string): void {
    tell({ delivered: [to, text] });
  }
}

await runApplication([Accounts, Post]);
