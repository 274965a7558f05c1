import { Injectable, Logger } from '@nestjs/common';
import { at, currentRun, Interval, SchedulerService, Task, taskOf } from 'nestjs-advanced-scheduler';
import { DataSource, type EntityManager } from 'typeorm';
import { Crash } from './crash.js';
import { Invoice } from './invoice.entity.js';
import { OutboxMessage } from './outbox-message.entity.js';

const PAYMENT_MS = 14 * 24 * 3_600_000;

@Injectable()
export class Billing {
  readonly #logger = new Logger('Billing');

  constructor(
    private readonly dataSource: DataSource,
    private readonly scheduler: SchedulerService,
    private readonly crash: Crash,
  ) {}

  /**
   * Dies the process in it, or the connection at its commit, the run is tried again. All it writes is one transaction,
   * and each row has the `runId` as its key: what an attempt has committed, the next one finds and leaves as it is.
   */
  @Interval({ seconds: 2 }, { id: 'make-invoice', retry: { maxAttempts: 3, delay: 0 } })
  async makeInvoice(): Promise<void> {
    const { runId, attempt } = currentRun();
    const invoice = await this.dataSource.transaction((manager) => this.#write(manager, runId, attempt));
    await this.crash.afterCommit(attempt);
    const whose = invoice.attempt === attempt ? 'written' : `was written by attempt ${invoice.attempt}`;
    this.#logger.log(`Invoice ${invoice.id} of ${runId}, attempt ${attempt}: ${whose}`);
  }

  @Task()
  remind(invoiceId: number): void {
    this.#logger.log(`Invoice ${invoiceId} should have been paid by now`);
  }

  async #write(manager: EntityManager, runId: string, attempt: number): Promise<Invoice> {
    const values = { runId, customer: 'Ada', cents: 990, attempt };
    // Writes before it reads: SQLite would have the transaction repeated if somebody else wrote in between.
    await manager.createQueryBuilder().insert().into(Invoice).values(values).orIgnore().updateEntity(false).execute();
    const invoice = await manager.findOneByOrFail(Invoice, { runId });
    const message = {
      runId,
      text: `Dear ${invoice.customer}: ${(invoice.cents / 100).toFixed(2)} € for invoice ${invoice.id}`,
    };
    await manager
      .createQueryBuilder()
      .insert()
      .into(OutboxMessage)
      .values(message)
      .orIgnore()
      .updateEntity(false)
      .execute();

    // A job that exists if, and only if, the invoice does.
    await this.scheduler.addJob(
      {
        id: `remind-${invoice.id}`,
        task: taskOf(Billing, 'remind'),
        args: [invoice.id],
        trigger: at(new Date(Date.now() + PAYMENT_MS)),
        onConflict: 'ignore',
      },
      { manager },
    );
    return invoice;
  }
}
