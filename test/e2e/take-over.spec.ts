import { describe, expect } from 'vitest';
import { it } from './support/life.js';
import { runOf } from './support/records.js';

const SHARED = { store: 'default' };

describe('an application that is stopped for longer than its lease', () => {
  it('W04 G4 is taken over, twice: its outcomes are refused, its handlers aborted as soon as it learns, and it comes back as a new node', async ({
    lives,
  }) => {
    const options = { leaseTtl: 1_000, shutdownTimeout: 0 };
    const stopped = await lives.start('gated', { options });
    // Declares other jobs, and yet takes over.
    const other = await lives.start('rolling/new', { options });
    const nodes: unknown[] = [];
    for (const round of [1, 2]) {
      const started = await stopped.event('run.started', { jobId: 'obedient' }, round);
      const { runId, node } = started;
      nodes.push(node);
      stopped.send('stop');
      await other.event('run.lost', { runId, lostNode: node });
      stopped.signal('SIGCONT');

      await stopped.event('run.fenced', { runId });
      expect(stopped.messages).toContainEqual({ aborted: runId, reason: 'LeaseLostError' });
      await stopped.event('node.joined', SHARED, round + 1);
      expect(runOf(lives.database, runId)).toMatchObject({ state: 'lost', node });
    }
    expect(new Set([...nodes, stopped.events('node.joined', SHARED).at(-1)?.node]).size).toBe(3);
    const started = [stopped, other].flatMap((life) => life.events('run.started').map(({ runId }) => runId));
    expect(new Set(started).size).toBe(started.length);
  });
});
