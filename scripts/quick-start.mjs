// `npm run quick-start`: runs sample/quick-start for some seconds, kills it in the middle of a run, starts it again a
// little later and shows what it makes up for. Ends by itself after about 40 seconds; Ctrl-C ends it before.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { styleText } from 'node:util';
import { QuickStartClient } from './support/quick-start-client.mjs';
import { build, freePort, SampleProcess } from './support/sample-process.mjs';

const DOWNTIME_MS = 10_500;
const NOISE = /\[(?:NestFactory|InstanceLoader|RoutesResolver|RouterExplorer|NestApplication)\]/;

const folder = mkdtempSync(join(tmpdir(), 'quick-start-'));
const port = Number(process.env.PORT ?? (await freePort()));
const client = new QuickStartClient(port);
const env = { DATABASE: join(folder, 'quick-start.sqlite'), PORT: String(port) };
let app;
let isInterrupted = false;

// Ctrl-C reaches the application, too: it ends its runs, and this process ends after it.
process.on('SIGINT', () => void interrupt());

try {
  say('Building sample/quick-start …');
  build('quick-start');

  say('1. A first start. The database file is empty; decorators declare the jobs.');
  app = await start();
  await app.line(/sales-report: scheduled/);
  say('   A reminder is added over HTTP. It is due in 8 seconds.');
  await client.request('POST', '/reminders', { to: 'ada', text: 'This was due while nobody was there.', inSeconds: 8 });
  await client.untilRunning('sales-report');

  say('2. kill -9, in the middle of a sales report.');
  await app.end('SIGKILL');
  say(`   Down for ${DOWNTIME_MS / 1000} seconds. The fires of that time are due all the same.`);
  await pause(DOWNTIME_MS);

  say('3. Started again, on the same file. Next fires are where they were; what was overdue is judged now.');
  app = await start();
  await app.line(/\[Reminders\]/);
  await app.line(/sales-report: scheduled/);
  await app.line(/poll-rates: scheduled/);

  say('4. On record, and served at /runs: what did not run as scheduled, and why.');
  await printRecord();

  say('5. SIGTERM in the middle of a report: what runs may end, nothing new begins.');
  await client.untilRunning('sales-report');
  const { code, signal } = await app.end('SIGTERM');
  say(`   The process has ended (${signal ?? `exit code ${code}`}).`);

  say('Now you:');
  console.log('  npm start                      the same application on quick-start.sqlite, until Ctrl-C');
  console.log('  curl -s localhost:3000/jobs    and the other lines of sample/quick-start/README.md\n');
} catch (error) {
  if (!isInterrupted) console.error(error.message);
  process.exitCode = 1;
} finally {
  await app?.end('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}

async function start() {
  const started = SampleProcess.run('quick-start', { env, onLine: show });
  await started.line(/Listening on/);
  return started;
}

async function printRecord() {
  const { runs } = await client.request('GET', '/runs?state=lost,missed,skipped&limit=100');
  const heads = ['JOB', 'STATE', 'WHY', 'FIRES', 'FROM', 'UNTIL'];
  const rows = runs.map(({ jobId, state, reason, count, scheduledTime, until }) => {
    return [jobId, state, reason ?? 'its process died', String(count), scheduledTime.slice(11), until.slice(11)];
  });
  const table = [heads, ...rows];
  const widths = heads.map((_, column) => Math.max(...table.map((row) => row[column].length)));
  for (const row of table)
    console.log(`  ${row.map((cell, column) => cell.padEnd(widths[column])).join('  ')}`.trimEnd());
}

async function interrupt() {
  isInterrupted = true;
  await app?.end();
  rmSync(folder, { recursive: true, force: true });
  process.exit(130);
}

/** A line of Nest's logger, without what is the same in all of them. */
function show(line) {
  if (NOISE.test(line)) return;
  const [, level, text] = /^\[Nest\] .* (LOG|WARN|ERROR) (\[.*)$/.exec(line) ?? [null, '', line];
  const short = `  ${level.padEnd(5)} ${text}`;
  console.log(level === 'WARN' || level === 'ERROR' ? styleText('yellow', short) : short);
}

function say(text) {
  console.log(styleText('bold', `\n${text}`));
}
