import type { NodeDraft, NodeRecord } from '../../job-store.js';
import type { Row, SqlParams } from '../script.js';
import { parseColumn, readInstant, readInteger, readText } from './read-column.js';

export function encodeNode(node: NodeDraft, now: number, leaseMs: number): SqlParams {
  return {
    id: node.id,
    host: node.host,
    pid: node.pid,
    machine: node.machine,
    incarnation: node.incarnation,
    version: node.version,
    executors: JSON.stringify(node.executors),
    tasks: JSON.stringify(node.tasks),
    declares: node.declares,
    started_at: now,
    heartbeat_at: now,
    lease_until: now + leaseMs,
  };
}

/** A node whose numbers are damaged is not counted among the nodes. */
export function tryDecodeNode(row: Row): NodeRecord | null {
  try {
    return {
      id: readText(row, 'id'),
      host: readText(row, 'host'),
      pid: readInteger(row, 'pid'),
      machine: readText(row, 'machine'),
      incarnation: readText(row, 'incarnation'),
      version: readText(row, 'version'),
      executors: readNames(row, 'executors'),
      tasks: readNames(row, 'tasks'),
      declares: readText(row, 'declares'),
      startedAt: readInstant(row, 'started_at'),
      heartbeatAt: readInstant(row, 'heartbeat_at'),
      leaseUntil: readInstant(row, 'lease_until'),
    };
  } catch {
    return null;
  }
}

/** Damaged names must not hide the node: nobody would end the runs it left. */
function readNames(row: Row, column: string): readonly string[] {
  try {
    const names = parseColumn(column, readText(row, column));
    return Array.isArray(names) ? names.map(String) : [];
  } catch {
    return [];
  }
}
