import { Injectable } from '@nestjs/common';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { Billing } from '../../../sample/billing/src/billing.js';
import { Crash } from '../../../sample/billing/src/crash.js';
import { DatabaseCloser, openDataSource } from '../../../sample/billing/src/database.js';
import { Outbox } from '../../../sample/billing/src/outbox.js';
import { config, runApplication } from './support/application.js';
import { gates } from './support/gates.js';
import { tell } from './support/parent.js';

/** After the commit, the first attempt tells so and waits until the test goes on, or kills it. */
@Injectable()
class Pause extends Crash {
  override async afterCommit(attempt: number): Promise<void> {
    tell({ committed: attempt });
    if (attempt === 1) await gates.opened('committed');
  }
}

const { tablePrefix, poolSize: _, ...database } = config.store as unknown as Record<string, unknown>;

await runApplication([
  Billing,
  Outbox,
  DatabaseCloser,
  { provide: Crash, useClass: Pause },
  {
    provide: DataSource,
    // Tables of the test's own.
    useFactory: () => openDataSource({ ...database, entityPrefix: tablePrefix } as unknown as DataSourceOptions),
  },
]);
