import { showValue } from '../../../errors/show-value.js';
import type { Row } from '../script.js';
import { UnreadableColumnError } from '../typeorm-errors.js';

const LAST_INSTANT = 8_640_000_000_000_000;

/** A whole number. Drivers may answer a `bigint` as a string. */
export function readInteger(row: Row, column: string): number {
  const value = row[column];
  const number = integerOrNull(value);
  if (number !== null) return number;
  throw new UnreadableColumnError(column, `holds ${showValue(value)} instead of a whole number`);
}

export function readIntegerOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : readInteger(row, column);
}

/** Milliseconds that `Date` can take: whoever shows others, or puts them into an id, throws. */
export function readInstant(row: Row, column: string): number {
  const instant = readInteger(row, column);
  if (Math.abs(instant) <= LAST_INSTANT) return instant;
  throw new UnreadableColumnError(column, `holds ${instant}, which is no instant`);
}

export function readInstantOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : readInstant(row, column);
}

/** A whole number, or `null` where anything else stands: for what only says when to look again. */
export function integerOrNull(value: unknown): number | null {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : null;
}

/** A whole number from 1 on. */
export function readPositive(row: Row, column: string): number {
  const number = readInteger(row, column);
  if (number >= 1) return number;
  throw new UnreadableColumnError(column, `holds ${number}, which is less than 1`);
}

export function readText(row: Row, column: string): string {
  const value = row[column];
  if (typeof value === 'string') return value;
  throw new UnreadableColumnError(column, `holds ${showValue(value)} instead of a text`);
}

export function readTextOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : readText(row, column);
}

/** The word that a small number stands for. */
export function readWord<Word>(row: Row, column: string, words: readonly Word[]): Word {
  const word = words[readInteger(row, column)];
  if (word !== undefined) return word;
  throw new UnreadableColumnError(column, `holds ${showValue(row[column])}, which means nothing`);
}

export function parseColumn(column: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UnreadableColumnError(column, `holds no JSON (${(error as Error).message})`, { cause: error });
  }
}
