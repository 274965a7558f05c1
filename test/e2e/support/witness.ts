import { existsSync, readFileSync } from 'node:fs';
import type { CallEnd } from '../programs/support/witnessed-jobs.js';

interface Line {
  readonly what: 'start' | 'end';
  /** `null` at the start. */
  readonly how: CallEnd | null;
  readonly runId: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly node: string;
  readonly fence: number;
  readonly pid: number;
  readonly at: number;
}

/** One call of a handler, as its process saw it. */
export interface Call extends Omit<Line, 'what' | 'how' | 'at'> {
  readonly from: number;
  /** `Infinity` when it was never heard to end. */
  readonly to: number;
  /** `null` when it was never heard to end. */
  readonly how: CallEnd | null;
}

/** What handlers have written down by themselves, past every store. */
export function readWitness(path: string): Call[] {
  if (!existsSync(path)) return [];
  // The last line of a process may have been cut off by a kill? No: each is written at once.
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
  const keyOf = ({ runId, attempt, pid }: Line): string => `${runId} ${attempt} ${pid}`;
  const ends = new Map(lines.filter(({ what }) => what === 'end').map((line) => [keyOf(line), line]));
  return lines
    .filter(({ what }) => what === 'start')
    .map((line) => {
      const { what: _what, at: from, ...call } = line;
      const end = ends.get(keyOf(line));
      return { ...call, from, to: end?.at ?? Infinity, how: end?.how ?? null };
    });
}

/** When a process was stopped, killed, or got no CPU. */
export interface Disturbance {
  readonly pid: number;
  readonly from: number;
}

/**
 * The calls of one job that broke `limit`: at their start, more of its calls were on than may be. One whose node was
 * taken for dead, because it was stopped, killed or starved, does not count: nobody can end its handler.
 */
export function excessCalls(
  calls: readonly Call[],
  limit: number,
  wasTakenOver: (call: Call) => boolean,
  disturbances: readonly Disturbance[],
): Call[] {
  const isExcused = (call: Call, at: number): boolean =>
    wasTakenOver(call) && disturbances.some(({ pid, from }) => pid === call.pid && from <= at);
  return calls.filter(({ from: at }) => {
    const on = calls.filter((call) => call.from <= at && at < call.to);
    return on.length > limit && on.filter((call) => !isExcused(call, at)).length > limit;
  });
}
