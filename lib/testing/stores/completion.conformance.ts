import type { RunOutcome } from '../../jobs/run-record.js';
import { aClaim, aJob, aNode, aScope, HOUR, SECOND } from './store-fixtures.js';
import type { StoreDriver } from './store-driver.js';
import type { StoreTestFramework } from './store-test-framework.js';
import { each } from '../each.js';

const CLEAN = { fenced: [], retrying: [], cancelled: [], paused: [], finished: [] };
const lastFire = { plan: { nextFireAt: null, nextDueAt: null } };

export function describeCompletion({ describe, expect, it }: StoreTestFramework, store: () => StoreDriver): void {
  describe('completing runs', () => {
    each(it, [
      ['succeeded', { result: { sum: 3, list: ['ü', null, { deep: true }] } }],
      ['succeeded', { result: null }],
      ['succeeded', { resultOmitted: 'too-large' }],
      ['succeeded', null],
      ['failed', { error: { name: 'TypeError', message: 'kaputt 💥', stack: 'TypeError: kaputt\n  at x' } }],
      ['cancelled', { error: { name: 'AbortError', message: 'stopped' } }],
    ])('writes the outcome of a run that %s: %j', async (state, outcome) => {
      await store().put({ id: 'a' });
      const { run } = await store().start('a');
      const { runId } = run;
      const finishedAt = (await store().now()) + 7;
      const written: RunOutcome | null = outcome;
      expect(
        await store().session.complete([{ run, state, finishedAt, outcome: written, retryDelayMs: null }]),
      ).toEqual(CLEAN);
      expect(await store().session.getRun(runId)).toMatchObject({ state, finishedAt, outcome, node: 'node-1' });
    });

    it('writes for jobs and results of any characters what belongs to each', async () => {
      const odd = ['NULL', 'null', '"', '\\', '\\"', '{a,b}', '{}', ',', "it's", '$1', '[]', '~2', '@'];
      const results = [...odd, '\n\t\u0000\u001f', '\u2028 \ud800 💥'];
      const ids = results.map((_, i) => odd[i] ?? `job-${i}`);
      await store().putAll(...ids.map((id) => ({ id })));
      const entries = [];
      for (const id of ids) entries.push(aClaim(await store().job(id)));
      const { records, lost } = await store().session.claim('node-1', entries);
      expect([records.map(({ run }) => run.jobId), lost]).toEqual([ids, []]);
      const finishedAt = await store().now();
      const completions = records.map(({ run }, i) => {
        return { run, state: 'succeeded', finishedAt, outcome: { result: results[i]! }, retryDelayMs: null } as const;
      });

      expect(await store().session.complete(completions)).toEqual(CLEAN);
      for (const { run, outcome } of completions) {
        expect(await store().session.getRun(run.runId)).toMatchObject({
          jobId: run.jobId,
          state: 'succeeded',
          outcome,
        });
      }
    });

    it('frees the instance', async () => {
      await store().put({ id: 'a' });
      await store().end((await store().start('a')).run);
      await store().start('a');
      expect(await store().story('a')).toEqual(['succeeded', 'running']);
    });

    it('writes many at once', async () => {
      const ids = Array.from({ length: 30 }, (_, i) => `job-${i}`);
      await store().putAll(...ids.map((id) => ({ id })));
      const runs = [];
      for (const id of ids) runs.push((await store().start(id)).run);
      const finishedAt = await store().now();
      const completions = runs.map((run) => ({
        run,
        state: 'succeeded' as const,
        finishedAt,
        outcome: null,
        retryDelayMs: null,
      }));
      expect(await store().session.complete(completions)).toEqual(CLEAN);
      expect((await store().session.listRuns({ states: ['succeeded'], limit: 100 })).runs).toHaveLength(30);
      expect(await store().session.complete([])).toEqual(CLEAN);
    });

    it('G4 tells those of a large batch apart', async () => {
      const ids = Array.from({ length: 25 }, (_, i) => `job-${String(i).padStart(2, '0')}`);
      await store().putAll(...ids.map((id) => ({ id })));
      const claims = [];
      // Every third one is finished with this run.
      for (const [i, id] of ids.entries()) claims.push(aClaim(await store().job(id), i % 3 === 0 ? lastFire : {}));
      const { records } = await store().session.claim(store().node, claims);
      expect(records.map(({ run }) => run.jobId)).toEqual(ids);
      const runs = records.map(({ run }) => run);
      for (const [i, run] of runs.entries()) {
        const stored = await store().session.getRun(run.runId);
        expect(run).toMatchObject(stored!);
        // Of two it is not the present taking that ends.
        if (i === 17 || i === 18) runs[i] = { ...stored!, fence: run.fence - 1 };
      }
      await store().end(runs[4]!);
      const finishedAt = await store().now();
      const ended = { state: 'succeeded', finishedAt, outcome: null, retryDelayMs: null } as const;
      const completions = [...runs, runs[7]!].map((run) => ({ run, ...ended }));

      const { fenced, finished } = await store().session.complete(completions);
      const finishing = ids.filter((_, i) => i % 3 === 0 && i !== 18);
      expect(finished.map(({ id }) => id).sort()).toEqual(finishing);
      expect(fenced.map(({ jobId }) => jobId).sort()).toEqual([4, 7, 17, 18].map((i) => ids[i]));
      for (const [i, id] of ids.entries()) {
        expect(await store().story(id)).toEqual([i === 17 || i === 18 ? 'running' : 'succeeded']);
        expect((await store().session.getJob(id)) === null).toBe(finishing.includes(id));
      }
    });

    it('G4 P23 answers a run that was completed before as fenced, and leaves it as it is', async () => {
      await store().put({ id: 'a' });
      const { run } = await store().start('a');
      const { runId } = run;
      await store().end(run);
      const { fenced } = await store().end(run, 'failed');
      expect(fenced.map((each) => each.runId)).toEqual([runId]);
      expect(await store().story('a')).toEqual(['succeeded']);
    });

    it('G4 answers the second of two completions of one run in one batch as fenced', async () => {
      await store().put({ id: 'a' });
      const { run } = await store().start('a');
      const finishedAt = await store().now();
      const { fenced } = await store().session.complete([
        { run, state: 'failed', finishedAt, outcome: null, retryDelayMs: null },
        { run, state: 'succeeded', finishedAt, outcome: null, retryDelayMs: null },
      ]);
      expect(fenced).toHaveLength(1);
      expect(await store().story('a')).toEqual(['failed']);
    });

    it('G4 W04 answers a run whose node was taken over as fenced', async () => {
      await store().put({ id: 'a' });
      const { run } = await store().start('a');
      const { runId } = run;
      await store().session.leaveNode('node-1');
      const { fenced, finished } = await store().end(run);
      expect(fenced.map((each) => each.runId)).toEqual([runId]);
      expect(finished).toEqual([]);
      expect(await store().story('a')).toEqual(['lost']);
    });

    it('writes the others of a batch with a fenced one', async () => {
      await store().putAll({ id: 'a' }, { id: 'b' });
      const [a, b] = [(await store().start('a')).run, (await store().start('b')).run];
      await store().end(a);
      const finishedAt = await store().now();
      const { fenced } = await store().session.complete(
        [a, b].map((run) => ({ run, state: 'failed' as const, finishedAt, outcome: null, retryDelayMs: null })),
      );
      expect(fenced.map(({ jobId }) => jobId)).toEqual(['a']);
      expect([await store().story('a'), await store().story('b')]).toEqual([['succeeded'], ['failed']]);
    });

    it('counts failures in a row', async () => {
      await store().put({ id: 'a' });
      const after = async (state: 'succeeded' | 'failed' | 'cancelled') => {
        await store().end((await store().start('a')).run, state);
        return (await store().job('a')).failures;
      };
      const counts = [];
      for (const state of ['failed', 'failed', 'cancelled', 'succeeded', 'failed'] as const)
        counts.push(await after(state));
      expect(counts).toEqual([1, 2, 2, 0, 1]);
    });

    it('does not count a failure of what the job was before it was changed', async () => {
      await store().put({ id: 'a' });
      const { run } = await store().start('a');
      await store().change('a', { name: 'b' });
      await store().end(run, 'failed');
      expect(await store().job('a')).toMatchObject({ failures: 0 });
    });

    it('leaves the course of the job as it is, so that a plan stays valid', async () => {
      await store().put({ id: 'a' });
      const { run } = await store().start('a');
      const { gen, fence, nextFireAt } = await store().job('a');
      await store().end(run, 'failed');
      expect(await store().job('a')).toMatchObject({ gen, fence, nextFireAt });
    });
  });

  describe('completing the last run of a finished job', () => {
    it('deletes a job that was added at run time, answers it, and keeps its runs', async () => {
      await store().put({ id: 'a' });
      const { run } = await store().start('a', lastFire);
      const { finished } = await store().end(run);
      expect(finished).toHaveLength(1);
      expect(finished[0]).toMatchObject({ id: 'a', gen: run.gen, fence: run.fence });
      expect(await store().session.getJob('a')).toBeNull();
      expect(await store().story('a')).toEqual(['succeeded']);
    });

    it('frees the id', async () => {
      await store().put({ id: 'a' });
      await store().end((await store().start('a', lastFire)).run);
      const [put] = await store().session.putJobs(['a'], (id, _stored, { now }) => aJob({ id, series: 2 }, now));
      expect(put!.before).toBeNull();
      await store().start('a');
    });

    it('keeps a declared job, and answers it once', async () => {
      await store().put({ id: 'a', origin: 'declared' });
      const { run } = await store().start('a', lastFire);
      expect((await store().end(run)).finished.map(({ id }) => id)).toEqual(['a']);
      expect(await store().job('a')).toMatchObject({ state: 'finished', nextFireAt: null });

      await store().add('a', {});
      const [manual] = await store().take(undefined, aScope({ declaredJobs: ['a'] }));
      expect(await store().end(manual!)).toEqual(CLEAN);
    });

    it('waits for the other runs of the job, queued ones included', async () => {
      await store().put({ id: 'a', maxInstances: 2 });
      const first = await store().start('a');
      const second = await store().start('a', lastFire);
      await store().add('a');
      expect(await store().end(first.run)).toEqual(CLEAN);
      expect(await store().end(second.run)).toEqual(CLEAN);
      const [third] = await store().take();
      expect((await store().end(third!)).finished.map(({ id }) => id)).toEqual(['a']);
      expect(await store().session.getJob('a')).toBeNull();
    });

    it('answers the job once when its last runs end in one batch', async () => {
      await store().put({ id: 'a', maxInstances: 2 });
      const runs = [(await store().start('a')).run, (await store().start('a', lastFire)).run];
      const finishedAt = await store().now();
      const completions = runs.map((run) => ({
        run,
        state: 'succeeded' as const,
        finishedAt,
        outcome: null,
        retryDelayMs: null,
      }));
      expect((await store().session.complete(completions)).finished).toHaveLength(1);
    });

    it('happens, too, when the job was changed while its last run was running', async () => {
      await store().put({ id: 'a' });
      const { run } = await store().start('a', lastFire);
      const { gen } = await store().change('a', { name: 'renamed' });
      expect((await store().end(run)).finished).toMatchObject([{ id: 'a', gen }]);
      expect(await store().session.getJob('a')).toBeNull();
    });

    it('happens when the run has failed or was cancelled, too', async () => {
      for (const state of ['failed', 'cancelled'] as const) {
        await store().put({ id: state });
        expect((await store().end((await store().start(state, lastFire)).run, state)).finished).toHaveLength(1);
      }
    });

    it('W09 never deletes the job that has replaced it', async () => {
      await store().put({ id: 'a' });
      const { run } = await store().start('a', lastFire);
      await store().put({ id: 'a', gen: (await store().job('a')).gen + 1, nextFireAt: (await store().now()) + HOUR });
      expect(await store().end(run)).toEqual(CLEAN);
      expect(await store().job('a')).toMatchObject({ state: 'active' });
      expect(await store().story('a')).toEqual(['succeeded']);
    });

    it('W09 never deletes a job that was removed and added again meanwhile, nor starts it too often', async () => {
      await store().put({ id: 'a' });
      const { run } = await store().start('a', lastFire);
      await store().session.removeJobs(['a']);
      await store().untilLater();
      await store().put({ id: 'a', series: 2 });
      await store().claim('a');
      expect(await store().story('a')).toEqual(['running', 'skipped/maxInstances']);
      expect(await store().end(run)).toEqual(CLEAN);
      await store().start('a');
      expect(await store().job('a')).toMatchObject({ state: 'active', runCount: 1 });
    });

    it('leaves a job alone that is not finished', async () => {
      await store().put({ id: 'a' });
      expect(await store().end((await store().start('a')).run)).toEqual(CLEAN);
      await store().pause('a');
      expect(await store().job('a')).toMatchObject({ state: 'paused' });
    });
  });

  it('a run ends at the instant it is told to have ended, whatever the clock of the store says', async () => {
    await store().put({ id: 'a' });
    await store().session.joinNode(aNode('node-2'), HOUR);
    const { run } = await store().start('a', {}, 'node-2');
    const { runId } = run;
    await store().session.complete([
      { run, state: 'succeeded', finishedAt: 5 * SECOND, outcome: null, retryDelayMs: null },
    ]);
    expect(await store().session.getRun(runId)).toMatchObject({ finishedAt: 5 * SECOND, node: 'node-2' });
  });
}
