import { MemoryJobStore } from '../../../lib/stores/memory/memory-job-store.js';
import { describeJobStore } from '../../conformance/job-store.conformance.js';

describeJobStore(
  'MemoryJobStore',
  async (clock) => {
    const store = new MemoryJobStore();
    const session = await store.open({ alias: 'default', clock, keepAlive: false, onChange: () => undefined });
    return { session, dispose: () => session.close() };
  },
  { isShared: false, usesVirtualClock: true },
);
