import { beforeAll, describe, expect, it } from 'vitest';
import { at, interval } from '../../lib/index.js';
import { Lives, type Life } from '../e2e/support/life.js';
import { ServerTables, type ServerType } from '../stores/typeorm/server-tables.js';
import { isThere, MYSQL, POSTGRES } from '../support/servers.js';

const SERVERS: readonly { readonly type: ServerType; readonly isRunnable: boolean }[] = [
  { type: 'postgres', isRunnable: await isThere(POSTGRES) },
  { type: 'mysql', isRunnable: await isThere(MYSQL) },
];

const FAR = at('2099-01-01T00:00:00Z');

/** Nobody looks by himself sooner: what is noticed within a test was told, or is looked for especially. */
const POLL: Readonly<Record<ServerType, object>> = { postgres: { pollInterval: 60_000 }, mysql: {} };

for (const { type, isRunnable } of SERVERS) {
  describe.skipIf(!isRunnable)(`what one application does to a job on ${type}`, () => {
    const lives = Lives.shared(new ServerTables(type));
    /** Runs nothing by itself. */
    let caller: Life;
    let runner: Life;

    beforeAll(async () => {
      const options = { shutdownTimeout: 0, ...POLL[type] };
      [caller, runner] = await Promise.all([lives.start('shared', { options }), lives.start('shared', { options })]);
      await caller.ask('pause');
    });

    const add = (id: string, trigger: unknown) => caller.ask('addJob', { id, task: 'note', args: [id], trigger });
    const runs = (jobId: string, count = 1) => runner.event('run.succeeded', { jobId }, count);
    const states = async (jobId: string) => (await lives.runs(jobId)).map(({ state }) => state);

    it('takes effect on another at once when it is added', async () => {
      await add('added', at(new Date()));
      await runs('added');
      expect(await states('added')).toEqual(['succeeded']);
    });

    it('takes effect on another at once when it is rescheduled', async () => {
      await add('rescheduled', FAR);
      await caller.ask('rescheduleJob', 'rescheduled', at(new Date()));
      await runs('rescheduled');
      expect(await states('rescheduled')).toEqual(['succeeded']);
    });

    it('takes effect on another at once when it is run by hand', async () => {
      await add('by-hand', FAR);
      const { runId } = await caller.ask<{ runId: string }>('runJob', 'by-hand');
      await runner.event('run.succeeded', { runId });
      expect(await states('by-hand')).toEqual(['succeeded']);
    });

    it('takes effect on another at once when it is resumed, and removed', async () => {
      await add('resumed', interval(20));
      await runs('resumed');
      await caller.ask('pauseJob', 'resumed');
      const before = (await states('resumed')).length;
      await caller.ask('resumeJob', 'resumed');
      await runs('resumed', before + 1);
      await caller.ask('removeJob', 'resumed');
      const after = await states('resumed');
      await add('meanwhile', at(new Date()));
      await runs('meanwhile');
      expect(await states('resumed')).toHaveLength(after.length);
    });

    it('takes effect on another at once when it is cancelled: the run ends there, and is cancelled', async () => {
      await caller.ask('addJob', { id: 'cancelled', task: 'obey', trigger: FAR });
      const { runId } = await caller.ask<{ runId: string }>('runJob', 'cancelled');
      await runner.event('run.started', { runId });
      await caller.ask('cancelRun', runId);
      await runner.event('run.cancelled', { runId });
      expect(await states('cancelled')).toEqual(['cancelled']);
    });

    it('G5 is a promise when pauseJob has returned, kept under load on every node: nothing starts any more', async () => {
      await caller.ask('resume');
      for (let round = 0; round < 10; round++) {
        const ids = Array.from({ length: 10 }, (_, i) => `busy-${round}-${i}`);
        await Promise.all(ids.map((id) => add(id, interval(10))));
        await Promise.any([caller, runner].map((life) => life.event('run.succeeded', { jobId: ids.at(-1) })));
        await Promise.all(ids.map((id) => caller.ask('pauseJob', id)));
        const startsOf = async () => (await Promise.all(ids.map((id) => states(id)))).map((all) => all.length);
        const atPause = await startsOf();
        await add(`after-${round}`, at(new Date()));
        await Promise.any([caller, runner].map((life) => life.event('run.succeeded', { jobId: `after-${round}` })));
        expect(await startsOf()).toEqual(atPause);
      }
    });
  });
}
