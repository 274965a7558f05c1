/** Taken before a test may replace it: what has to come to rest does so in turns of the real event loop. */
const { setImmediate: nextTurn } = globalThis;

const TURNS = 4;

/** Lets pending microtasks and immediates run until the code under test waits for a timer again. */
export async function settle(turns: number = TURNS): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise<void>((resolve) => nextTurn(resolve));
}
