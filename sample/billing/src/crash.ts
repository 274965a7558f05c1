import { Injectable } from '@nestjs/common';

/** With `CRASH=after-commit` the process dies at the worst moment: all is committed, and nobody knows of it yet. */
@Injectable()
export class Crash {
  async afterCommit(attempt: number): Promise<void> {
    if (process.env.CRASH === 'after-commit' && attempt === 1) process.kill(process.pid, 'SIGKILL');
  }
}
