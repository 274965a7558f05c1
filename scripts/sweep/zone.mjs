import { randomPattern } from './patterns.mjs';
import { generator } from './random.mjs';
import { changesOf, WallClock, Window } from './window.mjs';

const GAPS = ['shift', 'next', 'skip'];
const FOLDS = ['first', 'last', 'both'];
const AT_PER_WINDOW = 20;
const CALENDAR_PER_WINDOW = 10;
const MINUTE = 60_000;

/**
 * Holds everything that fires by the wall clock against a scan of every minute around every change of a zone's clocks.
 * Answers how much was compared, and the differences, the first ones in words.
 */
export function sweepZone(triggers, zone, { patterns, seed, firstYear, lastYear }) {
  const random = generator(`${seed} ${zone}`);
  const clock = new WallClock(zone);
  const changes = changesOf(clock, firstYear, lastYear);
  // A zone whose clocks are not changed has to fire all the same.
  const centres = changes.length > 0 ? changes : [Date.UTC(firstYear + 7, 5, 15)];
  const windows = centres.map((change) => new Window(clock, change));
  const result = { zone, changes: changes.length, compared: 0, fires: 0, differences: [] };

  for (let n = 0; n < patterns; n++) {
    const { pattern, make } = possiblePattern(triggers, random);
    const [gap, fold] = [random.pick(GAPS), random.pick(FOLDS)];
    const trigger = bind(triggers, make({ gap, fold }), zone);
    for (const window of windows) compare(result, trigger, window, window.fires(pattern, gap, fold), `${pattern.text} ${gap} ${fold}`); // prettier-ignore
  }
  for (const window of windows) {
    for (let n = 0; n < AT_PER_WINDOW; n++) compareAt(result, triggers, window, zone, random);
    for (let n = 0; n < CALENDAR_PER_WINDOW; n++) compareCalendar(result, triggers, window, zone, random);
  }
  return result;
}

/** Dates that don't exist are refused; that is for other tests. */
function possiblePattern(triggers, random) {
  for (;;) {
    const pattern = randomPattern(random);
    try {
      triggers.cron(pattern.text);
      return { pattern, make: (options) => triggers.cron(pattern.text, options) };
    } catch (error) {
      if (error.code !== 'NEVER_FIRES') throw error;
    }
  }
}

function compareAt(result, triggers, window, zone, random) {
  const local = random.integer(10 * 60, window.length - 10 * 60);
  const [gap, fold] = [random.pick(['shift', 'next']), random.pick(['first', 'last'])];
  const text = window.localText(local);
  const expected = window.instantsOf(local, gap, fold).map((index) => window.instant(index));
  compare(
    result,
    bind(triggers, triggers.at(text, { gap, fold }), zone),
    window,
    expected,
    `at ${text} ${gap} ${fold}`,
  );
}

function compareCalendar(result, triggers, window, zone, random) {
  const [hour, minute] = [random.integer(0, 23), random.integer(0, 59)];
  const [gap, fold] = [random.pick(GAPS), random.pick(FOLDS)];
  const startAt = new Date(window.firstLocal - 10 * 86_400_000).toISOString().slice(0, 10);
  const definition = triggers.calendarInterval({ days: 1, hour, minute }, { startAt, gap, fold });
  const pattern = { isEveryHour: false, matches: (m, h) => m === minute && h === hour };
  const expected = window.fires(pattern, gap, fold);
  compare(result, bind(triggers, definition, zone), window, expected, `daily ${hour}:${minute} ${gap} ${fold}`);
}

function compare(result, trigger, window, expected, what) {
  const { from, until } = window;
  const inside = expected.filter((fire) => fire >= from && fire < until);
  result.compared++;
  result.fires += inside.length;
  const note = (law, found) => {
    if (result.differences.length < 5)
      result.differences.push({ zone: result.zone, around: new Date(from).toISOString(), what, law, found: found.slice(0, 6), expected: inside.slice(0, 6) }); // prettier-ignore
    else result.differences.push(null);
  };
  const forward = [];
  for (let fire = trigger.next(from - 1); fire !== null && fire < until; fire = trigger.next(fire)) forward.push(fire);
  if (!same(forward, inside)) return note('next', forward);
  const backward = [];
  for (let fire = trigger.previous(until); fire !== null && fire >= from; fire = trigger.previous(fire)) backward.push(fire); // prettier-ignore
  if (!same(backward.reverse(), inside)) return note('previous', backward);
  const count = trigger.count?.(from, until - 1) ?? inside.length;
  if (count !== inside.length) return note('count', [count]);
  // Between two fires there is none, seen from anywhere in between.
  for (const fire of inside) {
    if (trigger.next(fire - 30_000) !== fire || trigger.previous(fire + MINUTE / 2) !== fire) return note('between', [fire]); // prettier-ignore
  }
}

function bind(triggers, definition, timeZone) {
  return triggers.bindTrigger(definition, { jobId: 'sweep', addedAt: new Date(Date.UTC(2019, 0, 1)), timeZone });
}

function same(one, other) {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}
