/** What is measured: a pattern, and the zone whose clocks it goes by. */
export const CASES = [
  { text: '*/5 * * * *', zone: 'UTC' },
  { text: '0 2 * * *', zone: 'Europe/Berlin' },
  { text: '30 9 * * 1-5', zone: 'America/New_York' },
  { text: '0 0 29 2 *', zone: 'UTC' },
  { text: '0 0 1 1 *', zone: 'UTC' },
  { text: '0 12 L * *', zone: 'UTC' },
  { text: '30 0 * * *', zone: 'Australia/Lord_Howe' },
];

export const START = Date.UTC(2026, 0, 1);
export const CHAIN = 1_000;

/** Instants of 2020 to 2040, the same in every run. */
export function randomInstants(count) {
  let state = 20_260_101;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Date.UTC(2020, 0, 1) + Math.floor((state / 2 ** 32) * 20 * 365.25) * 86_400_000 + (state % 86_400) * 1_000;
  });
}
