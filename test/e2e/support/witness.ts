import { readFileSync } from 'node:fs';

interface Line {
  readonly what: 'start' | 'end';
  readonly runId: string;
  readonly attempt: number;
  readonly pid: number;
  readonly at: number;
}

/** One call of a handler, as its process saw it. */
export interface Call {
  readonly runId: string;
  readonly pid: number;
  readonly from: number;
  /** `Infinity` when it was never heard to end. */
  readonly to: number;
}

/** What handlers have written down by themselves, past every store. */
export function readWitness(path: string): Call[] {
  const lines = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  const keyOf = ({ runId, attempt, pid }: Line): string => `${runId} ${attempt} ${pid}`;
  const ends = new Map(lines.filter(({ what }) => what === 'end').map((line) => [keyOf(line), line.at]));
  return lines
    .filter(({ what }) => what === 'start')
    .map((line) => ({ runId: line.runId, pid: line.pid, from: line.at, to: ends.get(keyOf(line)) ?? Infinity }));
}

/** When a process was stopped, killed, or got no CPU. */
export interface Disturbance {
  readonly pid: number;
  readonly from: number;
}

/** A call and what is on record of its run. */
interface RecordedCall extends Call {
  readonly isLost: boolean;
}

/**
 * The calls that broke `limit`: at their start, more calls of the job were on than may be. One whose node was taken
 * for dead, because it was stopped, killed or starved, does not count: nobody can end its handler.
 */
export function excessCalls(
  calls: readonly RecordedCall[],
  limit: number,
  disturbances: readonly Disturbance[],
): RecordedCall[] {
  const isExcused = (call: RecordedCall, at: number): boolean =>
    call.isLost && disturbances.some(({ pid, from }) => pid === call.pid && from <= at);
  return calls.filter(({ from: at }) => {
    const on = calls.filter((call) => call.from <= at && at < call.to);
    return on.filter((call) => !isExcused(call, at)).length > limit;
  });
}
