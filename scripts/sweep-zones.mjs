// Holds cron, at and calendarInterval against a scan of every minute, 36 hours around every change of clocks, in every
// zone that `Intl` knows, in processes whose own zones differ. What is done is kept, so that a run may be broken off.
//
//   npm run build && npm run sweep:zones -- --help
import { fork } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { sweepZone } from './sweep/zone.mjs';

const ROOT = join(import.meta.dirname, '..');
const HELP = `npm run sweep:zones -- [options]
  --seed <text>                a run with the same seed tries the same patterns
  --patterns 200               how many a zone
  --zones Europe/Berlin,…      default: all
  --years 2020-2035
  --host Asia/Kathmandu,…      TZ of the processes, one each
  --lib dist                   the compiled library
  --fresh                      forget what earlier runs with this seed have done
  --no-progress                keep nothing`;

const { values: options } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now()) },
    patterns: { type: 'string', default: '200' },
    zones: { type: 'string', default: '' },
    years: { type: 'string', default: '2020-2035' },
    host: { type: 'string', default: 'Asia/Kathmandu,America/New_York' },
    lib: { type: 'string', default: 'dist' },
    fresh: { type: 'boolean', default: false },
    'no-progress': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) console.log(HELP);
else if (process.send) await work();
else await lead();

/** One process: all zones, those apart that are done. */
async function work() {
  const triggers = await import(pathToFileURL(resolve(options.lib, 'triggers/factories.js')).href);
  const [firstYear, lastYear] = options.years.split('-').map(Number);
  const done = doneZones();
  for (const zone of zonesToSweep()) {
    if (done.has(zone)) {
      process.send(done.get(zone));
      continue;
    }
    const result = sweepZone(triggers, zone, {
      patterns: Number(options.patterns),
      seed: options.seed,
      firstYear,
      lastYear,
    });
    const { differences, ...rest } = result;
    const line = { ...rest, differing: differences.length, examples: differences.filter((each) => each !== null) };
    if (!options['no-progress']) appendFileSync(progressFile(), `${JSON.stringify(line)}\n`);
    process.send(line);
  }
}

async function lead() {
  const hosts = options.host.split(',');
  console.log(`Seed ${options.seed}: ${options.patterns} patterns a zone, years ${options.years}, Node ${process.version}, time zones ${process.versions.tz}.`); // prettier-ignore
  const started = performance.now();
  const totals = await Promise.all(hosts.map(runHost));
  const seconds = Math.round((performance.now() - started) / 1_000);
  for (const [index, total] of totals.entries()) {
    console.log(`TZ=${hosts[index]}: ${total.zones} zones, ${total.changes} changes of clocks, ${total.compared} comparisons, ${total.fires} fires, ${total.differing} differences.`); // prettier-ignore
    for (const example of total.examples.slice(0, 10)) console.log(JSON.stringify(example));
  }
  console.log(`${seconds} s.`);
  const isComplete = totals.every(({ zones }) => zones === zonesToSweep().length);
  if (!isComplete || totals.some(({ differing }) => differing > 0)) process.exitCode = 1;
}

function runHost(host) {
  return new Promise((done) => {
    const total = { zones: 0, changes: 0, compared: 0, fires: 0, differing: 0, examples: [] };
    const child = fork(fileURLToPath(import.meta.url), process.argv.slice(2).concat('--seed', options.seed), {
      env: { ...process.env, TZ: host },
    });
    child.on('message', (line) => {
      total.zones++;
      for (const key of ['changes', 'compared', 'fires', 'differing']) total[key] += line[key];
      total.examples.push(...line.examples);
    });
    child.on('close', () => done(total));
  });
}

function zonesToSweep() {
  return options.zones === '' ? ['UTC', ...Intl.supportedValuesOf('timeZone')] : options.zones.split(',');
}

function doneZones() {
  if (options.fresh || !existsSync(progressFile())) return new Map();
  const lines = readFileSync(progressFile(), 'utf8').split('\n').filter((line) => line.endsWith('}')); // prettier-ignore
  return new Map(lines.map((line) => JSON.parse(line)).map((line) => [line.zone, line]));
}

function progressFile() {
  const folder = join(ROOT, 'node_modules', '.cache', 'sweep-zones');
  mkdirSync(folder, { recursive: true });
  const name = [options.seed, options.patterns, options.years, process.env.TZ].join('_').replaceAll(/[^\w.-]/g, '-');
  return join(folder, `${name}.ndjson`);
}
