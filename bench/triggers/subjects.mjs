import later from '@breejs/later';
import { CronTime } from 'cron';
import { CronExpressionParser } from 'cron-parser';
import { Cron } from 'croner';
import { bindTrigger, cron as cronTrigger } from 'nestjs-advanced-scheduler';
import { createTask } from 'node-cron';
import { START } from './cases.mjs';
import { floorOf } from './floor.mjs';

const context = { jobId: 'bench', addedAt: new Date(START) };
/** Ours keeps what it has compiled; told apart by their blanks, these are all new texts. */
let texts = 0;
const fresh = (text) => text + ' '.repeat(1 + (texts++ % 900));

/**
 * Each: `packages`, `parse(case)`, and `open(case)`, which answers `chain(n)` (n fires from START on, the last one),
 * `next(instant)`, and, where there is one, `chainBack(n)`. What throws or answers nothing can't do that case.
 */
export const SUBJECTS = {
  ours: {
    packages: ['nestjs-advanced-scheduler'],
    parse: ({ text, zone }) => bindTrigger(cronTrigger(fresh(text)), { ...context, timeZone: zone }),
    open({ text, zone }) {
      const trigger = bindTrigger(cronTrigger(text), { ...context, timeZone: zone });
      return {
        chain(n) {
          let fire = START;
          for (let i = 0; i < n; i++) fire = trigger.next(fire);
          return fire;
        },
        /** From where the chain ends back to where it began. */
        chainBack(n, end) {
          let fire = end;
          for (let i = 0; i < n; i++) fire = trigger.previous(fire);
          return fire;
        },
        next: (instant) => trigger.next(instant),
      };
    },
  },
  floor: {
    packages: [],
    parse: ({ text }) => floorOf(text),
    open({ text }) {
      const next = floorOf(text);
      return {
        chain(n) {
          let fire = START;
          for (let i = 0; i < n; i++) fire = next(fire);
          return fire;
        },
        next,
      };
    },
  },
  croner: {
    packages: ['croner'],
    parse: ({ text, zone }) => new Cron(text, { timezone: zone, paused: true }),
    open({ text, zone }) {
      const pattern = new Cron(text, { timezone: zone, paused: true });
      return {
        chain(n) {
          let fire = new Date(START);
          for (let i = 0; i < n; i++) fire = pattern.nextRun(fire);
          return fire.getTime();
        },
        next: (instant) => pattern.nextRun(new Date(instant)).getTime(),
      };
    },
  },
  'cron-parser': {
    packages: ['cron-parser'],
    parse: ({ text, zone }) => CronExpressionParser.parse(text, { tz: zone, currentDate: new Date(START) }),
    open({ text, zone }) {
      const pattern = CronExpressionParser.parse(text, { tz: zone, currentDate: new Date(START) });
      return {
        chain(n) {
          pattern.reset(new Date(START));
          let fire;
          for (let i = 0; i < n; i++) fire = pattern.next();
          return fire.getTime();
        },
        next(instant) {
          pattern.reset(new Date(instant));
          return pattern.next().getTime();
        },
      };
    },
  },
  cron: {
    packages: ['cron'],
    parse: ({ text, zone }) => new CronTime(text, zone),
    open({ text, zone }) {
      const pattern = new CronTime(text, zone);
      return {
        chain(n) {
          let fire = new Date(START);
          for (let i = 0; i < n; i++) fire = pattern.getNextDateFrom(fire, zone);
          return fire.toMillis();
        },
        next: (instant) => pattern.getNextDateFrom(new Date(instant), zone).toMillis(),
      };
    },
  },
  'node-cron': {
    packages: ['node-cron'],
    parse: ({ text, zone }) => createTask(text, () => {}, { timezone: zone }),
    open({ text, zone }) {
      const task = createTask(text, () => {}, { timezone: zone });
      // It tells the next runs from now on only.
      return { chain: (n) => task.getNextRuns(n).at(-1).getTime() };
    },
  },
  later: {
    packages: ['@breejs/later'],
    // It knows no time zones: what it does is all in UTC.
    parse: ({ text }) => later.schedule(later.parse.cron(text)),
    open({ text }) {
      const schedule = later.schedule(later.parse.cron(text));
      return {
        chain: (n) => schedule.next(n, new Date(START)).at(-1).getTime(),
        next: (instant) => schedule.next(1, new Date(instant)).getTime(),
      };
    },
  },
};

export const NAMES = {
  ours: 'ours',
  floor: '(floor: bit masks, UTC)',
  croner: 'croner',
  'cron-parser': 'cron-parser',
  cron: 'cron',
  'node-cron': 'node-cron',
  later: '@breejs/later (UTC)',
};
