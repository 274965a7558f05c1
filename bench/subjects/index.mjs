/**
 * What is measured, in the order of the table. A subject is a module with
 *
 * - `phases`: `aligned` (all jobs at the full second), and `random` where jobs can have a phase of their own
 * - `packages`: whose versions go into the report
 * - `start({ jobs, phases, fire })`: adds so many jobs that call `fire(job)` every second, resolves when all of them
 *   are running, and answers what adding them cost: `{ wallMs, cpuMs }`
 */
export const SUBJECTS = {
  ours: 'nestjs-advanced-scheduler',
  'nest-schedule-cron': '@nestjs/schedule, cron job',
  'nest-schedule-interval': '@nestjs/schedule, interval',
  cron: 'cron',
  croner: 'croner',
  'node-cron': 'node-cron',
  toad: 'toad-scheduler, interval',
  'set-interval': 'setInterval',
};

export function loadSubject(name) {
  if (!Object.hasOwn(SUBJECTS, name))
    throw new Error(`No subject "${name}". There are: ${Object.keys(SUBJECTS).join(', ')}`);
  return import(`./${name}.mjs`);
}
