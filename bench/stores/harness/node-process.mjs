import { fork, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const STORES = join(import.meta.dirname, '..');
const ENV = { ...process.env, TZ: 'UTC', NODE_ENV: 'production' };

/**
 * A process that carries a subject. `call(method, params)` is answered by `node.mjs` or its counterpart in Python;
 * `fired` is how many fires it has told of.
 */
export function startNodeProcess(subject, runtime) {
  const wire = runtime.python ? startPython(subject, runtime) : startNode(subject, runtime);
  const { child } = wire;
  const open = new Map();
  let calls = 0;
  let complaints = '';
  let ended = null;

  const node = {
    fired: 0,
    pid: child.pid,
    call(method, params = {}) {
      if (ended) return Promise.reject(new Error(ended));
      return new Promise((resolve, reject) => {
        open.set(++calls, { resolve, reject });
        wire.send({ id: calls, method, params });
      });
    },
    kill: () => child.kill('SIGKILL'),
    get complaints() {
      return complaints;
    },
  };

  child.stderr.on('data', (chunk) => (complaints = (complaints + chunk).slice(-4000)));
  wire.onMessage((message) => {
    if (message.fired !== undefined) node.fired = message.fired;
    const call = open.get(message.id);
    if (!call) return;
    open.delete(message.id);
    if (message.error === undefined) call.resolve(message.result);
    else call.reject(new Error(message.error));
  });
  child.on('close', (code, signal) => {
    ended = `the process ended (${signal ?? code})`;
    for (const { reject } of open.values()) reject(new Error(`${ended}\n${complaints}`.trim()));
    open.clear();
  });
  return node;
}

function startNode({ module }, { execPath }) {
  const child = fork(join(STORES, 'node.mjs'), [module], {
    execPath,
    execArgv: ['--expose-gc'],
    env: ENV,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  return {
    child,
    send: (message) => child.send(message),
    onMessage: (listener) => child.on('message', listener),
  };
}

function startPython({ module }, { execPath }) {
  const child = spawn(execPath, ['-u', join(STORES, module)], { env: ENV, stdio: ['pipe', 'pipe', 'pipe'] });
  return {
    child,
    send: (message) => child.stdin.write(`${JSON.stringify(message)}\n`),
    onMessage(listener) {
      createInterface({ input: child.stdout }).on('line', (line) => listener(JSON.parse(line)));
    },
  };
}
