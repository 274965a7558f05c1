import { describe, expect, it } from 'vitest';
import type { RunTally } from '../../../lib/jobs/run-tally.js';
import { addLines, addToLines, NO_MARK, type EndedRun } from '../../../lib/stores/typeorm/codec/tally-codec.js';
import { sqliteDialect } from '../../../lib/stores/typeorm/dialects/sqlite.js';
import type { Query, Row, RowsQuery, Script } from '../../../lib/stores/typeorm/script.js';
import { moveMark } from '../../../lib/stores/typeorm/scripts/tally-history.js';
import { tableNames } from '../../../lib/stores/typeorm/table-names.js';
import { Tallies } from '../../../lib/stores/typeorm/tallies.js';
import { DAY_MS } from '../../../lib/stores/typeorm/tally-spans.js';
import { TallySums } from '../../../lib/stores/typeorm/tally-sums.js';

const sql = sqliteDialect(tableNames());
const MARK: Row = { tally: '[0,0,0]' };

const aRun = (jobId: string, finishedAt = 10 * DAY_MS): EndedRun => ({
  seq: 1,
  task: 'T',
  jobId,
  state: 'succeeded',
  count: null,
  availableAt: finishedAt,
  startedAt: finishedAt,
  finishedAt,
  hasJob: true,
});

function talliesOf(runs: readonly EndedRun[], hoursFrom?: number): Tallies {
  const tallies = new Tallies(hoursFrom);
  for (const run of runs) tallies.count(run);
  return tallies;
}

/** The rows of tallies that a script writes, by statement. */
function putsOf(script: Script<unknown>, stored: readonly Row[] = []): (readonly Row[])[] {
  const puts: (readonly Row[])[] = [];
  const answer = (query: Query | RowsQuery): readonly Row[] => {
    if ('rows' in query) puts.push([...query.rows]);
    else if (query.sql === sql.tallies.lockMark) return [MARK];
    else if (query.sql === sql.tallies.stored) return stored;
    return [];
  };
  let step = script.next([]);
  while (!step.done) step = script.next(answer(step.value));
  return puts;
}

function countsOf(rows: readonly Row[], jobId?: string): Record<string, number> {
  const sums = new TallySums();
  for (const row of rows) addLines(row, sums, jobId);
  return Object.fromEntries(sums.all(0).map((each) => [each.jobId ?? each.task, each.tally.counts.succeeded]));
}

describe('adding up', () => {
  const move = (tallies: Tallies) => moveMark({ sql } as never, NO_MARK, NO_MARK, tallies);

  it('comes to the same when the transaction is repeated', () => {
    const [day] = putsOf(move(talliesOf([aRun('a'), aRun('b')], Infinity)));
    const tallies = talliesOf([aRun('a')], Infinity);
    const puts = [putsOf(move(tallies), day), putsOf(move(tallies), day)];
    expect(puts.map(([rows]) => countsOf(rows as Row[], 'a'))).toEqual([{ a: 2 }, { a: 2 }]);
  });

  it('writes of many jobs no more at once than any server takes', () => {
    const runs = Array.from({ length: 50_000 }, (_, i) => aRun(`some-job-with-a-long-name-${i}`));
    const puts = putsOf(move(talliesOf(runs)));
    const lengths = puts.map((rows) => rows.reduce((sum, { tally }) => sum + String(tally).length, 0));
    expect(Math.max(...lengths)).toBeLessThan(1_000_000);
    const days = puts.flat().filter(({ span }) => span === 2);
    expect(Object.keys(countsOf(days))).toHaveLength(50_001);
  });
});

describe('the lines of a row', () => {
  const tallyOf = (jobId: string) => {
    const sums = new TallySums();
    sums.of(`T ${jobId} `).count(aRun(jobId));
    return new Map<string, RunTally>([[`T ${jobId} `, sums.of(`T ${jobId} `)]]);
  };
  const row = (...lines: string[]): Row => ({ tally: lines.join('\n') });

  it('stay as they are, but for those that something is added to, in one order', () => {
    const lines = addToLines(row('T a damaged', 'T c BCA'), tallyOf('b')).split('\n');
    expect(lines.map((line) => line.slice(0, 4))).toEqual(['T a ', 'T b ', 'T c ']);
    expect([lines[0], lines[2]]).toEqual(['T a damaged', 'T c BCA']);
    expect(countsOf([row(...lines)])).toEqual({ a: 0, b: 1, c: 2 });
  });

  it('are added up whatever their order', () => {
    const rows = [
      row('T a BBA', 'T b BCA', 'T c BDA'),
      row('T b BBA', 'T  BEA'),
      row('T a BBA', 'T c BBA', 'T bb BBA'),
    ];
    expect(countsOf(rows)).toEqual({ a: 2, b: 3, c: 4, T: 4, bb: 1 });
    expect(countsOf(rows.toReversed())).toEqual({ a: 2, b: 3, c: 4, T: 4, bb: 1 });
  });

  it('are read of one job alone, not of one whose name begins so', () => {
    expect(countsOf([row('T b BBA', 'T bb BBA', 'b a BBA')], 'b')).toEqual({ b: 1 });
  });

  it.each([null, 7, '', '\n\n', 'T', 'T \nT'])('count nothing where there are none: %j', (tally) => {
    expect(countsOf([{ tally }])).toEqual({});
    expect(countsOf([{ tally: addToLines({ tally }, tallyOf('a')) }])).toEqual({ a: 1 });
  });
});
