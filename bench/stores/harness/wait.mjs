export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, Math.max(ms, 0)));

export const sleepUntil = (epochMs) => sleep(epochMs - Date.now());

/** Asks again and again until the answer is yes; answers the instant before the question that got it. */
export async function waitFor(ask, { everyMs, limitMs, what }) {
  const end = Date.now() + limitMs;
  for (;;) {
    const asked = Date.now();
    if (await ask()) return asked;
    if (asked > end) throw new Error(`${what()} after ${limitMs / 1000} s`);
    await sleep(everyMs);
  }
}

/** What was to be due later is due already: the machine is slower than was thought. */
export class TooLateError extends Error {
  constructor() {
    super('adding took longer than was allowed for');
  }
}
