import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { threadId } from 'node:worker_threads';

/**
 * How often each id of a node that lives in this process is in use: a scheduler is one node to all its stores. Kept on
 * `globalThis`, because an application may load the package twice, as ES modules and by `require`.
 */
const LIVE_NODES = Symbol.for('nestjs-advanced-scheduler.live-nodes');

function liveNodes(): Map<string, number> {
  const holder = globalThis as { [LIVE_NODES]?: Map<string, number> };
  return (holder[LIVE_NODES] ??= new Map());
}

/** A new id for a node of this process, in use until {@link retireNodeId}. */
export function newNodeId(): string {
  return shareNodeId(randomUUID());
}

/** Uses an id once more; each use is given back by {@link retireNodeId}. */
export function shareNodeId(id: string): string {
  liveNodes().set(id, (liveNodes().get(id) ?? 0) + 1);
  return id;
}

/** Once nobody uses it any more, the node counts as gone. */
export function retireNodeId(id: string): void {
  const uses = (liveNodes().get(id) ?? 0) - 1;
  if (uses > 0) liveNodes().set(id, uses);
  else liveNodes().delete(id);
}

/** What tells a process from all others, as far as the system lets us know. */
export interface ProcessIdentity {
  readonly pid: number;
  /** The running system and its pid name space; empty where it can't be known: then pids mean nothing. */
  readonly machine: string;
  /** This life of the pid. */
  readonly incarnation: string;
}

export function ownIdentity(): ProcessIdentity {
  const start = processStart(process.pid);
  return { pid: process.pid, machine: machineId(), incarnation: start === null ? '' : `${start}.${threadId}` };
}

/**
 * Whether the process behind a node is certainly gone. `false` when it lives, and when it can't be told: then its
 * lease has to run out.
 */
export function isCertainlyGone(nodeId: string, node: ProcessIdentity, own: ProcessIdentity): boolean {
  if (own.machine === '' || node.machine !== own.machine) return false;
  if (node.pid === own.pid && node.incarnation === own.incarnation) return !liveNodes().has(nodeId);
  if (!isRunning(node.pid)) return true;
  const start = processStart(node.pid);
  return start !== null && node.incarnation !== '' && node.incarnation.split('.')[0] !== start;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, but is somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Linux only: two containers may share a host name and count their pids from 1. */
function machineId(): string {
  try {
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${hostname()}/${bootId}/${readlinkSync('/proc/self/ns/pid')}`.slice(0, 255);
  } catch {
    return '';
  }
}

/** When a pid came to life, in the kernel's ticks. */
function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name may hold blanks and parentheses: the fields are counted from its end. Start time is the 22nd.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
