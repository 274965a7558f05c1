/**
 * The wall clock in fractions of a millisecond. `Date.now()` tells whole ones only, and half a millisecond matters to a
 * lateness of two. Read off the monotonic clock from the moment at which the wall clock's millisecond turns.
 */
export function createEpochClock() {
  let offset = 0;
  const adjust = () => {
    const before = Date.now();
    let now = before;
    while (now === before) now = Date.now();
    offset = now - performance.now();
  };
  adjust();
  return { adjust, now: () => performance.now() + offset };
}
