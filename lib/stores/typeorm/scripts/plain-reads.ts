import type { NodesSeen, StoreSummary } from '../../job-store.js';
import { integerOrNull } from '../codec/read-column.js';
import type { Row } from '../script.js';
import { decodeNodes } from './nodes.js';

/** Reads the answer to `PlainStatements.summary`. */
export function readSummary(rows: readonly Row[]): StoreSummary {
  const of = (kind: string): readonly Row[] => rows.filter((row) => row['kind'] === kind);
  const tasks = of('task');
  return {
    jobs: tasks.reduce((sum, row) => sum + Number(row['value']), 0),
    nextFireAt: integerOrNull(of('next')[0]?.['value']),
    hasUnfinishedRuns: Number(of('unfinished')[0]?.['value'] ?? 0) > 0,
    tasks: tasks.map((row) => String(row['name'])),
    executors: of('executor').map((row) => String(row['name'])),
  };
}

/** Reads the answer to `PlainStatements.nodes`. */
export function readNodes(rows: readonly Row[]): NodesSeen {
  const [row] = rows;
  const needs = { tasks: namesIn(row?.['needed_tasks']), executors: namesIn(row?.['needed_executors']) };
  return { nodes: decodeNodes(rows), now: Number(row?.['now']), needs };
}

function namesIn(json: unknown): readonly string[] {
  return JSON.parse(String(json)) as string[];
}

/** Reads the answer to `PlainStatements.renew`. */
export function readRenewal(rows: readonly Row[]): { readonly renewed: boolean; readonly now: number } {
  const [row] = rows;
  return { renewed: Number(row?.['renewed']) > 0, now: Number(row?.['now']) };
}
