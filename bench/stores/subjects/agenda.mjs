import { PostgresBackend } from '@agendajs/postgres-backend';
import { Agenda } from 'agenda';

const LIMITS = { default: {}, throughput: { maxConcurrency: 500, defaultConcurrency: 500, processEvery: 200 } };

export async function open({ space, settings, fire }) {
  const agenda = new Agenda({
    backend: new PostgresBackend({ poolConfig: { connectionString: space.url, max: 20 } }),
    removeOnComplete: true,
    ...LIMITS[settings.profile],
  });
  agenda.on('error', (error) => console.error(error.message));
  await agenda.ready;
  // The slot of a repeated job is overwritten before its handler is called: only one-shot jobs know theirs.
  agenda.define('tick', ({ attrs: { data } }) => fire(data.index, data.dueAt ?? null));

  const addEach = ({ index, dueAt }) => agenda.schedule(new Date(dueAt), 'tick', { index, dueAt });
  return {
    addMany: (jobs) => inParallel(jobs, addEach),
    addEach,
    addRecurring: (jobs) =>
      inParallel(jobs, ({ index }) =>
        agenda
          .create('tick', { index })
          .unique({ 'data.index': index })
          .repeatEvery('1 second', { skipImmediate: true })
          .save(),
      ),
    start: () => agenda.start(),
    close: () => agenda.stop(true),
  };
}

/** It has no call for many jobs. */
async function inParallel(items, work) {
  const rest = items.values();
  const hand = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: 20 }, hand));
}
