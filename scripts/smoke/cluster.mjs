// The sample `cluster`, as its README says: a process dies again and again, and nothing is missing.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { SampleProcess } from '../support/sample-process.mjs';

const SECONDS = 10;

/** @param compileMs how long `nest start` may take to compile */
export async function cluster({ folder, remember, tell, compileMs }) {
  const env = { DATABASE: join(folder, 'cluster.sqlite'), SECONDS: String(SECONDS) };
  const app = remember(SampleProcess.nestStart('cluster', { env }));
  await app.line(/^Up: ada, edsger, grace$/, compileMs);
  assert.deepEqual(await app.end(undefined, 90_000), { code: 0, signal: null }, app.text);
  assert.match(app.text, new RegExp(`^${3 * SECONDS} fires were due, ${3 * SECONDS} were carried out`, 'm'));
  assert.match(app.text, /^edsger  dies in \w+ of \d\d:\d\d:\d\d$/m);
  assert.match(app.text, /^\w+ +ran \w+ of \d\d:\d\d:\d\d, attempt \d$/m);
  for (const name of ['ada', 'grace', 'edsger']) assert.match(app.text, new RegExp(`^${name} +ran `, 'm'));
  assert.match(app.text, /^Nothing is missing, nothing is there twice\.$/m);
  tell('nest start cluster has carried out every fire although a process died');
}
