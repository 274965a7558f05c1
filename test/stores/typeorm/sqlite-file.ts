import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for one test's database. */
export class SqliteFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'scheduler-'));

  file(name = 'jobs.sqlite'): string {
    return join(this.path, name);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
