import { describe, expect, it } from 'vitest';
import { manualRunId, rollUpRunId, slotRunId } from '../../lib/jobs/run-id.js';

const slot = Date.UTC(2030, 0, 1, 3);

describe('the id of a run', () => {
  it('of a slot is the job id and the instant, the same for every attempt', () => {
    expect(slotRunId('daily-report', 1, slot)).toBe('daily-report@2030-01-01T03:00:00.000Z');
  });

  it('names the series from the second on', () => {
    expect(slotRunId('daily-report', 2, slot)).toBe('daily-report~2@2030-01-01T03:00:00.000Z');
    expect(rollUpRunId('daily-report', 12, slot, 'missed')).toBe('daily-report~12@2030-01-01T03:00:00.000Z!missed');
  });

  it('of a run asked for by hand carries digits of its own', () => {
    expect(manualRunId('daily-report', 1, slot, '0badcafe')).toBe('daily-report@2030-01-01T03:00:00.000Z#m-0badcafe');
  });

  it('of a record that holds no slot differs from that of the slot, which a backfill may fill', () => {
    expect(rollUpRunId('daily-report', 1, slot, 'skipped')).toBe('daily-report@2030-01-01T03:00:00.000Z!skipped');
  });

  it('fits its column even for the longest job id', () => {
    expect(manualRunId('x'.repeat(191), 99_999, slot, '0badcafe').length).toBeLessThanOrEqual(255);
  });
});
