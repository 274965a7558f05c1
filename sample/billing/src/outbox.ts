import { Injectable, Logger } from '@nestjs/common';
import { Interval } from 'nestjs-advanced-scheduler';
import { DataSource } from 'typeorm';
import { OutboxMessage } from './outbox-message.entity.js';

/**
 * Sends what has been committed. Dies the process between the sending and the mark, the message is sent once more: give
 * its `runId` to the mail service, which then knows it.
 */
@Injectable()
export class Outbox {
  readonly #logger = new Logger('Outbox');

  constructor(private readonly dataSource: DataSource) {}

  @Interval({ seconds: 1 }, { id: 'send-outbox', misfireGraceTime: { seconds: 5 } })
  async send(): Promise<void> {
    const messages = this.dataSource.getRepository(OutboxMessage);
    for (const message of await messages.find({ where: { isSent: false }, order: { id: 'ASC' }, take: 10 })) {
      this.#logger.log(message.text);
      await messages.update(message.id, { isSent: true });
    }
  }
}
