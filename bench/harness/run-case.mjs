import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../case.mjs', import.meta.url));
const HEAP_MB = 4096;
/** For loading, adding, collecting garbage and the end: a subject that needs longer has failed. */
const OVERHEAD_MS = 120_000;

/**
 * Measures one case in a fresh process. A subject that runs out of memory or time gives a result too:
 * `{ failure: 'out of memory' }`.
 */
export function runCase(benchCase) {
  return new Promise((resolve) => {
    const child = fork(SCRIPT, [JSON.stringify(benchCase)], {
      execArgv: ['--expose-gc', `--max-old-space-size=${HEAP_MB}`],
      env: { ...process.env, TZ: 'UTC', NODE_ENV: 'production' },
      // Some peers log every fire they were late for; that is theirs to pay, not ours to read.
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let result = { failure: 'ended without a result' };
    let complaints = '';
    const limit = setTimeout(
      () => {
        result = { ...result, failure: `not done after ${OVERHEAD_MS / 1000 + benchCase.seconds} s` };
        child.kill('SIGKILL');
      },
      OVERHEAD_MS + benchCase.seconds * 1000,
    );

    child.stderr.on('data', (chunk) => (complaints = (complaints + chunk).slice(-4000)));
    child.on('message', (message) => {
      if (message.stage === 'added') result = { ...result, adding: message.adding };
      if (message.stage === 'done') result = message.result;
    });
    child.on('close', () => {
      clearTimeout(limit);
      if (!result.failure) resolve(result);
      else if (/heap out of memory/.test(complaints)) resolve({ ...result, failure: 'out of memory' });
      else resolve({ ...result, complaints });
    });
  });
}
