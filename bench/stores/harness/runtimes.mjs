import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const STORES = join(import.meta.dirname, '..');
const NODE24 = join(STORES, 'node24');
const PYTHON = join(STORES, 'python');
const MODULES = 'import apscheduler, sqlalchemy, psycopg2';

/**
 * What subjects run on: `{ execPath, version }`, or `{ missing: why }` where it can't be had.
 */
export function findRuntimes(names) {
  const finders = { node: findNode, node24: findNode24, python: findPython };
  return Object.fromEntries(
    [...new Set(names)].map((name) => {
      try {
        return [name, finders[name]()];
      } catch (error) {
        return [name, { missing: `no ${name}: ${firstLine(error.stderr || error.message)}` }];
      }
    }),
  );
}

function findNode() {
  return { execPath: process.execPath, version: `Node ${process.version}` };
}

/** Some peers need a newer Node than we support at the least; npm has it as a package. */
function findNode24() {
  const execPath =
    Number(process.versions.node.split('.')[0]) >= 24
      ? process.execPath
      : call('npx', ['-y', '-p', 'node@24', 'node', '-p', 'process.execPath']);
  if (!existsSync(join(NODE24, 'node_modules'))) call('npm', ['ci', '--prefix', NODE24]);
  return { execPath, version: `Node ${call(execPath, ['-v'])}` };
}

/** `BENCH_PYTHON` names one that has the packages; without, they are installed beside the sources if they can be. */
function findPython() {
  const given = process.env.BENCH_PYTHON;
  const execPath = given ?? join(PYTHON, '.venv', 'bin', 'python');
  if (!given && !existsSync(execPath)) {
    call('python3', ['-m', 'venv', join(PYTHON, '.venv')]);
    call(execPath, ['-m', 'pip', 'install', '--quiet', '-r', join(PYTHON, 'requirements.txt')]);
  }
  call(execPath, ['-c', MODULES]);
  const version = `${MODULES}, sys; print("Python", sys.version.split()[0] + ", APScheduler", apscheduler.version + ", SQLAlchemy", sqlalchemy.__version__ + ", psycopg2", psycopg2.__version__.split()[0])`;
  return { execPath, version: call(execPath, ['-c', version]), python: true };
}

function call(command, args) {
  return execFileSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 180_000,
    shell: process.platform === 'win32',
  }).trim();
}

/** The last lines of an error say what it is. */
function firstLine(text) {
  return String(text).trim().split('\n').at(-1).slice(0, 120);
}
