import { showValue } from '../errors/show-value.js';
import type { Executor, ExecutorSession } from '../executors/executor.js';
import type { JobStore, JobStoreSession } from '../stores/job-store.js';
import { InvalidOptionError } from './engine-errors.js';

/** What can be opened. The objects look alike, so what is which shows only in the session that `open` gives. */
type Openable = 'job store' | 'executor';

const EXAMPLES = { 'job store': 'new MemoryJobStore()', executor: 'new InProcessExecutor()' } as const;
const PLACES = {
  'job store': 'addStore() and the option "stores"',
  executor: 'addExecutor() and the option "executors"',
} as const;

/** @throws {InvalidOptionError} for what can't be opened at all */
export function assertOpens(value: unknown, what: string, wanted: Openable): void {
  if (typeof value === 'object' && value !== null && typeof (value as { open?: unknown }).open === 'function') return;
  throw new InvalidOptionError(`${what} is no ${wanted}. Give one such as ${EXAMPLES[wanted]}.`);
}

/** @throws {InvalidOptionError} when an executor, or something else, was given as a store; it is closed again */
export async function openStore(store: JobStore, context: Parameters<JobStore['open']>[0]): Promise<JobStoreSession> {
  const session: unknown = await opened(`The store "${context.alias}"`, () => store.open(context));
  if (hasMethod(session, 'peek')) return session as JobStoreSession;
  await release(session);
  throw isOther(`The store "${context.alias}"`, 'job store', hasMethod(session, 'submit') ? 'executor' : null);
}

/** @throws {InvalidOptionError} when a store, or something else, was given as an executor; it is closed again */
export async function openExecutor(
  executor: Executor,
  context: Parameters<Executor['open']>[0],
): Promise<ExecutorSession> {
  const session: unknown = await opened(`The executor "${context.alias}"`, () => executor.open(context));
  if (hasMethod(session, 'submit')) return session as ExecutorSession;
  await release(session);
  throw isOther(`The executor "${context.alias}"`, 'executor', hasMethod(session, 'peek') ? 'job store' : null);
}

/** What `open` gives, or the error it fails with: others may throw what is none. */
async function opened(what: string, open: () => Promise<unknown>): Promise<unknown> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof Error) throw error;
    throw new InvalidOptionError(`${what} could not be opened: its open() threw ${showValue(error)}.`);
  }
}

function isOther(what: string, wanted: Openable, found: Openable | null): InvalidOptionError {
  const problem = found ? `was given something else: ${found}s go to ${PLACES[found]}` : `is no ${wanted}`;
  return new InvalidOptionError(`${what} ${problem}. Give one such as ${EXAMPLES[wanted]}.`);
}

async function release(session: unknown): Promise<void> {
  if (hasMethod(session, 'close')) await session.close();
  else if (hasMethod(session, 'shutdown')) await session.shutdown({ timeoutMs: 0 });
}

function hasMethod<Name extends string>(
  value: unknown,
  name: Name,
): value is Record<Name, (...args: unknown[]) => unknown> {
  return typeof (value as Record<string, unknown> | null | undefined)?.[name] === 'function';
}
