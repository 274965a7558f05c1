/** When in the second each of `jobs` jobs fires, in milliseconds: the same in every run. */
export function phasesOf(kind, jobs) {
  const phases = new Uint16Array(jobs);
  if (kind === 'aligned') return phases;
  const random = generator(20_260_101);
  for (let job = 0; job < jobs; job++) phases[job] = Math.floor(random() * 1000);
  return phases;
}

/** Mulberry32. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
