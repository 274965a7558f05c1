import { join } from 'node:path';
import { inject } from 'vitest';

/**
 * Where the JavaScript of a program is that a test starts as a process of its own.
 *
 * @param path of the TypeScript file, from the root of the repository, in a folder named `programs`
 * @example spawn(process.execPath, [compiled('test/cluster/programs/worker.ts'), databaseFile]);
 */
export function compiled(path: string): string {
  return join(inject('compiledFolder'), path.replace(/\.(c?)ts$/, '.$1js'));
}
