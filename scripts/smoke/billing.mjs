// The sample `billing`, as its README says: it bills, is killed after a commit, and bills nothing twice.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { SampleProcess } from '../support/sample-process.mjs';

/** @param compileMs how long `nest start` may take to compile */
export async function billing({ folder, remember, tell, compileMs }) {
  const file = join(folder, 'billing.sqlite');
  const env = { DATABASE: file };
  const app = remember(SampleProcess.nestStart('billing', { env }));
  await app.line(/\[Billing\] Invoice 1 of make-invoice@\S+, attempt 1: written/, compileMs);
  await app.line(/\[Outbox\] Dear Ada: 9\.90 € for invoice 1/);
  assert.doesNotMatch(app.text, /WARN|ERROR/);
  await app.end('SIGINT');
  tell('nest start billing writes invoices and sends their messages');

  const dying = remember(SampleProcess.run('billing', { env: { ...env, CRASH: 'after-commit' } }));
  assert.deepEqual(await dying.end(), { code: null, signal: 'SIGKILL' }, dying.text);
  const written = count(file, 'SELECT count(*) FROM invoice');
  const heir = remember(SampleProcess.run('billing', { env }));
  const line = await heir.line(/\[Billing\] Invoice \d+ of \S+, attempt 2: was written by attempt 1/);
  await heir.end('SIGTERM');
  const [, id, runId] = /Invoice (\d+) of (\S+),/.exec(line);
  assert.equal(Number(id), written);
  for (const table of ['invoice', 'outbox']) {
    assert.equal(count(file, `SELECT count(*) FROM ${table} WHERE runId = ?`, runId), 1);
    assert.equal(
      count(file, `SELECT count(*) FROM ${table}`),
      count(file, `SELECT count(DISTINCT runId) FROM ${table}`),
    );
  }
  tell('billing, killed after a commit, changes nothing in its second attempt');
}

function count(file, sql, ...values) {
  const database = new Database(file, { readonly: true });
  try {
    return database
      .prepare(sql)
      .pluck()
      .get(...values);
  } finally {
    database.close();
  }
}
