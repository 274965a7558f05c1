// The least that any evaluation has to do: a loop over bit masks, in UTC, for minutes only, without years, zones, seconds,
// rules and laws. Nobody can use it; it says how far from the floor one is.

const EVERY = -1;

export function floorOf(text) {
  const [minutes, hours, days, months, weekdays] = text.split(' ');
  const isLastDay = days === 'L';
  const [m0, m1] = mask64(minutes);
  const h = mask(hours, 24);
  const d = isLastDay ? EVERY : mask(days, 32);
  const mo = mask(months, 13);
  const w = mask(weekdays, 7);

  return (after) => {
    let minute = Math.floor(after / 60_000) + 1;
    let day = Math.floor(minute / 1_440);
    let ofDay = minute - day * 1_440;
    for (;;) {
      // Days to date, after Howard Hinnant.
      const z = day + 719_468;
      const era = Math.floor(z / 146_097);
      const doe = z - era * 146_097;
      const yoe = ((doe - ((doe / 1_460) | 0) + ((doe / 36_524) | 0) - ((doe / 146_096) | 0)) / 365) | 0;
      const doy = doe - (365 * yoe + ((yoe / 4) | 0) - ((yoe / 100) | 0));
      const mp = ((5 * doy + 2) / 153) | 0;
      const dom = doy - (((153 * mp + 2) / 5) | 0) + 1;
      const month = mp < 10 ? mp + 3 : mp - 9;
      if (((mo >>> month) & 1) === 0) {
        day += 28 - Math.min(dom, 27);
        ofDay = 0;
        continue;
      }
      const year = yoe + era * 400 + (month <= 2 ? 1 : 0);
      const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
      const last = month === 2 ? (isLeap ? 29 : 28) : 30 + ((0b1_0101_1010_1010 >>> month) & 1);
      const isDay = isLastDay ? dom === last : ((d >>> dom) & 1) === 1;
      if (isDay && ((w >>> ((day + 4) % 7)) & 1) === 1) {
        for (let hour = (ofDay / 60) | 0, from = ofDay - hour * 60; hour < 24; hour++, from = 0) {
          if (((h >>> hour) & 1) === 0) continue;
          for (minute = from; minute < 60; minute++) {
            const half = minute < 32 ? m0 >>> minute : m1 >>> (minute - 32);
            if ((half & 1) === 1) return (day * 1_440 + hour * 60 + minute) * 60_000;
          }
        }
      }
      day++;
      ofDay = 0;
    }
  };
}

function values(text, size) {
  if (text.startsWith('*/'))
    return Array.from({ length: size }, (_, i) => i).filter((i) => i % Number(text.slice(2)) === 0);
  if (text === '*') return Array.from({ length: size }, (_, i) => i);
  const [from, to = from] = text.split('-').map(Number);
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

function mask(text, size) {
  return values(text, size).reduce((bits, value) => bits | (1 << value), 0);
}

function mask64(text) {
  const all = values(text, 60);
  const low = all.filter((value) => value < 32).reduce((bits, value) => bits | (1 << value), 0);
  return [low, all.filter((value) => value >= 32).reduce((bits, value) => bits | (1 << (value - 32)), 0)];
}
