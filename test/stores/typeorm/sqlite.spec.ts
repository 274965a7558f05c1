import type { Clock } from '../../../lib/clock.js';
import type { JobStoreSession } from '../../../lib/stores/job-store.js';
import { TypeOrmJobStore } from '../../../lib/stores/typeorm/typeorm-job-store.js';
import { describeJobStore } from '../../conformance/job-store.conformance.js';
import type { OpenedStore } from '../../conformance/store-driver.js';
import { CallerConnections } from './caller-database.js';
import { SqliteFolder } from './sqlite-file.js';

const traits = { usesVirtualClock: true };

describeJobStore('SQLite in a file', openFile, { ...traits, isShared: true, locks: 'all' });
describeJobStore('SQLite in memory', openMemory, { ...traits, isShared: false, locks: 'none' });

async function openFile(clock: Clock): Promise<OpenedStore> {
  const folder = new SqliteFolder();
  const store = new TypeOrmJobStore({ type: 'better-sqlite3', database: folder.file() });
  const sessions: JobStoreSession[] = [];
  const another = async (): Promise<JobStoreSession> => {
    const session = await open(store, clock);
    sessions.push(session);
    return session;
  };
  let connections: CallerConnections | null = null;
  const callers = async (): Promise<CallerConnections> => {
    const type = 'better-sqlite3';
    const strangers = [folder.file('other.sqlite'), ':memory:'].map((database) => ({ type, database }) as const);
    connections = await CallerConnections.open({ type, database: folder.file() }, 'orders', strangers);
    return connections;
  };
  const dispose = async (): Promise<void> => {
    await connections?.close();
    for (const session of sessions) await session.close();
    folder.remove();
  };
  return { session: await another(), another, callers, dispose };
}

async function openMemory(clock: Clock): Promise<OpenedStore> {
  const session = await open(new TypeOrmJobStore({ type: 'better-sqlite3', database: ':memory:' }), clock);
  return { session, dispose: () => session.close() };
}

function open(store: TypeOrmJobStore, clock: Clock): Promise<JobStoreSession> {
  return store.open({ alias: 'default', clock, keepAlive: false, onChange: () => {} });
}
