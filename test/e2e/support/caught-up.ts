import type { Life, Lives } from './life.js';

/** A look reads whole tables: on a busy machine too many of them would be what it is busy with. */
const LINES_BETWEEN_LOOKS = 20;

/** Waits until every job of the program `witnessed` has fired since, and every run of before has ended. */
export async function untilCaughtUp(lives: Lives, alive: readonly Life[], since: number): Promise<void> {
  while (!(await isCaughtUp(lives, since))) {
    for (let line = 0; line < LINES_BETWEEN_LOOKS; line++) await Promise.race(alive.map((life) => life.says()));
  }
}

async function isCaughtUp(lives: Lives, since: number): Promise<boolean> {
  const jobs = await lives.jobs();
  if (jobs.some(({ lastFireAt }) => lastFireAt === null || lastFireAt <= since)) return false;
  const left = await lives.query(
    ({ run }) => `SELECT 1 FROM ${run} WHERE state <= 1 AND scheduled_at < ${since} LIMIT 1`,
  );
  return left.length === 0;
}
