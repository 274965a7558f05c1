import type { Life, Lives } from './life.js';

/** Waits until every job of the program `witnessed` has fired since, and no run of before waits for its turn. */
export async function untilCaughtUp(lives: Lives, alive: readonly Life[], since: number): Promise<void> {
  while (!(await isCaughtUp(lives, since))) {
    await Promise.any(alive.map((life) => life.tells('starts', {}, life.told('starts').length + 1)));
  }
}

async function isCaughtUp(lives: Lives, since: number): Promise<boolean> {
  const jobs = await lives.jobs();
  if (jobs.some(({ lastFireAt }) => lastFireAt === null || lastFireAt <= since)) return false;
  const left = await lives.query(
    ({ run }) => `SELECT 1 FROM ${run} WHERE state = 0 AND scheduled_at < ${since} LIMIT 1`,
  );
  return left.length === 0;
}
