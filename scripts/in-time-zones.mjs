// Runs a command once in each of the given time zones: `node scripts/in-time-zones.mjs <zone>… -- <command> [args]`.
// Ends with the first exit code that is not 0.
import { spawnSync } from 'node:child_process';

const separator = process.argv.indexOf('--');
const zones = process.argv.slice(2, separator);
const [command, ...args] = process.argv.slice(separator + 1);
if (separator < 3 || command === undefined) {
  console.error('usage: node scripts/in-time-zones.mjs <zone>… -- <command> [args]');
  process.exit(2);
}

for (const zone of zones) {
  console.log(`TZ=${zone}`);
  const { status } = spawnSync(command, args, {
    stdio: 'inherit',
    env: { ...process.env, TZ: zone },
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(status ?? 1);
}
