// Packs the package and looks at it from a user's side: publint, are-the-types-wrong, and a small application that
// requires, imports and compiles against every entry point, in an empty folder, without the network.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const root = resolve(import.meta.dirname, '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const entryPoints = Object.keys(manifest.exports)
  .filter((path) => !path.endsWith('.json'))
  .map((path) => manifest.name + path.slice(1));

const folder = mkdtempSync(join(tmpdir(), 'package-check-'));
try {
  run('npm', ['run', '--silent', 'build']);
  const tarball = pack();
  await lint(tarball);
  run('node', [bin('@arethetypeswrong/cli', 'attw'), tarball, '--profile', 'esm-only']);
  const app = install(tarball);
  requireFromCommonJs(app);
  importFromEsm(app);
  compile(app);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function pack() {
  const [{ filename, files }] = JSON.parse(
    run('npm', ['pack', '--json', '--silent', '--ignore-scripts', '--pack-destination', folder]),
  );
  const stray = files.map((file) => file.path).filter((path) => !/^(dist\/|[^/]+$)/.test(path));
  if (stray.length > 0) throw new Error(`The package carries files that are none of a user's: ${stray.join(', ')}`);
  return join(folder, filename);
}

async function lint(tarball) {
  const { messages, pkg } = await publint({ pack: { tarball: readFileSync(tarball) }, strict: true });
  for (const message of messages) console.log(formatMessage(message, pkg));
  if (messages.some((message) => message.type !== 'suggestion')) throw new Error('publint found something.');
}

/** What `npm install` would do, with the packages that are in this repository's `node_modules`. */
function install(tarball) {
  const modules = join(folder, 'app', 'node_modules');
  const target = join(modules, manifest.name);
  mkdirSync(target, { recursive: true });
  run('tar', ['-xzf', tarball, '-C', target, '--strip-components=1']);
  const offered = { ...manifest.dependencies, ...manifest.peerDependencies, '@types/node': '*' };
  for (const name of Object.keys(offered)) link(join(root, 'node_modules', name), join(modules, name));
  return join(folder, 'app');
}

function link(source, target) {
  if (!existsSync(source)) throw new Error(`${source} is not installed: run npm ci.`);
  mkdirSync(dirname(target), { recursive: true });
  symlinkSync(source, target, 'junction');
}

function requireFromCommonJs(app) {
  const lines = entryPoints.map(
    (name) => `if (Object.keys(require('${name}')).length === 0) throw new Error('${name}');`,
  );
  writeFileSync(join(app, 'app.cjs'), ["require('reflect-metadata');", ...lines, ''].join('\n'));
  run('node', ['--throw-deprecation', 'app.cjs'], app);
  console.log(`require() works: ${entryPoints.join(', ')}`);
}

function importFromEsm(app) {
  const lines = entryPoints.map(
    (name) => `if (Object.keys(await import('${name}')).length === 0) throw new Error('${name}');`,
  );
  writeFileSync(join(app, 'app.mjs'), ["import 'reflect-metadata';", ...lines, ''].join('\n'));
  run('node', ['--throw-deprecation', 'app.mjs'], app);
  console.log(`import works: ${entryPoints.join(', ')}`);
}

/** Without `skipLibCheck` for our own declarations: a type we forgot to ship is an error here. */
function compile(app) {
  const lines = entryPoints.map((name, index) => `import * as entry${index} from '${name}';\nvoid entry${index};`);
  writeFileSync(join(app, 'app.mts'), `${lines.join('\n')}\n`);
  const options = {
    module: 'NodeNext',
    target: 'ES2023',
    strict: true,
    noEmit: true,
    types: ['node'],
  };
  writeFileSync(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['app.mts'] }));
  run('node', [join(root, 'node_modules', 'typescript7', 'bin', 'tsc'), '-p', 'tsconfig.json'], app);
  console.log(`compiles: ${entryPoints.join(', ')}`);
}

function bin(name, command) {
  const location = join(root, 'node_modules', name);
  return join(location, JSON.parse(readFileSync(join(location, 'package.json'), 'utf8')).bin[command]);
}

function run(command, args, cwd = root) {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    throw new Error(`${command} ${args.join(' ')}\n${error.stdout}${error.stderr}`);
  }
}
