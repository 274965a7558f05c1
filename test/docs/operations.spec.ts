import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TypeOrmJobStore } from '../../lib/stores/typeorm/typeorm-job-store.js';
import { interval } from '../../lib/triggers/factories.js';
import { Harness } from '../support/scheduler-harness.js';
import { VirtualClock } from '../support/virtual-clock.js';

const MINUTE = 60_000;

describe('the statement that Operations has for a restored backup', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'restored-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('leaves out what lies before it, on record, and nothing after it', async () => {
    // The statement takes the time of the database, which is that of the host.
    const added = Date.now() - 60 * MINUTE;
    const before = await started(added);
    await before.service.addJob({ id: 'job', task: 'work', trigger: interval({ minutes: 25 }) });
    await before.service.shutdown();

    const database = new Database(join(folder, 'jobs.sqlite'));
    database.exec(statementForSqlite());
    database.close();

    const after = await started(added + 55 * MINUTE);
    await after.clock.advance(0);
    const { runs } = await after.service.getRuns();
    expect(runs.map(({ state, reason }) => `${state}: ${reason}`)).toEqual([
      'skipped: duplicate',
      'skipped: coalesced',
    ]);
    expect(after.calls).toEqual([]);
    await after.clock.advance(20 * MINUTE);
    expect(after.calls).toHaveLength(1);
    await after.service.shutdown();
  });

  async function started(now: number) {
    const store = new TypeOrmJobStore({ type: 'better-sqlite3', database: join(folder, 'jobs.sqlite') });
    const harness = new Harness({ store }, new VirtualClock(new Date(now).toISOString()));
    const calls = harness.task('work');
    await harness.service.start();
    return { service: harness.service, clock: harness.clock, calls };
  }
});

/** The statement, with the time as its comment says for SQLite. */
function statementForSqlite(): string {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'operations.md'), 'utf8');
  const [, sql] = /```sql\n(.*?)```/s.exec(text) ?? [];
  const [, time] = /SQLite: (.*)$/m.exec(sql ?? '') ?? [];
  return (sql as string).replace('(extract(epoch FROM now()) * 1000)::bigint', time as string);
}
