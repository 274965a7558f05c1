import { beforeAll, expect, it } from 'vitest';
import { Attempts } from './attempts.js';
import { Chaos, type ChaosPlan } from './chaos.js';
import type { Ledger } from './ledger.js';
import { Lives } from './life.js';

/** What must be true of applications on one database that are killed and stopped again and again. */
export function describeChaos(name: string, plan: ChaosPlan, lives: Lives): void {
  let chaos: Chaos;
  let ledger: Ledger;
  let attempts: Attempts;

  beforeAll(async () => {
    chaos = new Chaos(lives, plan);
    await chaos.run();
    ledger = await chaos.end();
    attempts = new Attempts(ledger, chaos.pids, chaos.disturbances);
    const perSecond = Math.round(ledger.slots / chaos.seconds);
    process.stdout.write(
      `chaos on ${name}, seed ${chaos.seed}: ${ledger.slots} slots (${perSecond}/s), ${ledger.calls.length} starts, ` +
        `${ledger.count('lost')} lost, ${ledger.rescued} succeeded in a later attempt, ${ledger.count('failed')} failed, ${ledger.count('cancelled')} cancelled, ${ledger.count('skipped')} records of skipped slots, ` +
        `${chaos.kills} kills, ${chaos.stops} stops, caught up in ${chaos.catchUpMs} ms\n`,
    );
  }, 120_000);

  it('G8 W01 put every slot on record exactly once: as a run, or in a record of those that did not run', () => {
    ledger.expectEverySlotOnce();
  });

  it('G1 G2 P01 start no attempt of a run twice, and none that is not on record', () => {
    ledger.expectEveryStartOnce();
  });

  it('G3 W02 try runs again whose handlers fail or whose nodes die, one attempt after the other and never one too many', () => {
    attempts.expectNumbered();
    attempts.expectCalled();
    attempts.expectFailedBefore();
    attempts.expectOneAfterAnother();
    expect(ledger.count('failed')).toBeGreaterThan(0);
  });

  it('G3 W02 end every run: it has succeeded, perhaps not at once, and its handler was seen to end, or it has failed or is lost', async () => {
    ledger.expectEveryRunEnded(chaos.calmSince);
    attempts.expectEndsAsSeen();
    expect(ledger.count('lost')).toBeGreaterThan(0);
    expect(ledger.rescued).toBeGreaterThan(0);
    expect(await lives.nodes()).toEqual([]);
  });

  it('G3 G4 P23 lose only what those had that were killed, stopped or starved, tell of it once at most, and it stays lost', () => {
    ledger.expectNoCauselessLoss(chaos.disturbances);
    attempts.expectToldToEndForCause();
    const told = chaos.all.flatMap((life) => life.events('run.lost').map(({ runId }) => String(runId)));
    expect(told).toHaveLength(new Set(told).size);
    expect(told.filter((runId) => ledger.runOf({ runId })?.state !== 'lost')).toEqual([]);
  });

  it('G5 W04 run no more than maxInstances of a job at a time, but beside handlers of those taken for dead', () => {
    ledger.expectNoExcess(chaos.disturbances);
  });

  it('G5 P27 let fires wait, skip them or cancel others for them as their jobs say, and start runs in the order of their slots', () => {
    ledger.expectOverlapKept();
    ledger.expectStartsInOrder();
    expect(chaos.onlooker.excess).toEqual([]);
    // One that waits for a cancelled run does so for moments only.
    expect([...chaos.onlooker.waited]).toEqual(expect.arrayContaining(['queue', 'queueOne']));
  });

  it('G6 P22 end orderly when they are asked to, complain of nothing, and none of them was special', () => {
    expect(chaos.all.filter((life) => life.events('scheduler.stopped').length === 1)).toHaveLength(plan.nodes);
    expect(chaos.all.map(({ errors }) => errors).join('')).toBe('');
  });
}
