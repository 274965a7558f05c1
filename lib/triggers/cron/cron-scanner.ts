import { CronSyntaxError } from './cron-errors.js';

/** No pattern that means anything is longer: one with every value of every field has 600 characters. */
export const MAX_CRON_TEXT = 1_000;

/** @throws {CronSyntaxError} for a text that is too long to be read. */
export function checkCronLength(text: string, what: string): void {
  if (text.length <= MAX_CRON_TEXT) return;
  throw new CronSyntaxError({
    problem: `${what}: it has ${text.length} characters; more than ${MAX_CRON_TEXT} are not read.`,
    text: text.slice(0, MAX_CRON_TEXT),
    column: MAX_CRON_TEXT,
    hint: "'*/5', '8-18' and 'mon-fri' say what long lists say.",
  });
}

/** Reads a part of a cron text from left to right and knows the column of everything. */
export class CronScanner {
  readonly text: string;
  position: number;
  readonly #end: number;

  constructor(text: string, position: number, end: number) {
    this.text = text;
    this.position = position;
    this.#end = end;
  }

  get isAtEnd(): boolean {
    return this.position >= this.#end;
  }

  /** What is left. */
  get rest(): string {
    return this.text.slice(this.position, this.#end);
  }

  /** Moves past `char` (either case) if it comes next. */
  take(char: string): boolean {
    if (this.isAtEnd || this.text.charAt(this.position).toUpperCase() !== char) return false;
    this.position++;
    return true;
  }

  takeDigits(): string {
    return this.#takeWhile(/[0-9]/);
  }

  takeLetters(): string {
    return this.#takeWhile(/[A-Za-z]/);
  }

  skipBlanks(): void {
    this.#takeWhile(/\s/);
  }

  /** @param at the position of the fault; by default the current one. */
  fail(problem: string, hint?: string, at = this.position): never {
    throw new CronSyntaxError({ problem, text: this.text, column: at + 1, hint });
  }

  #takeWhile(pattern: RegExp): string {
    const start = this.position;
    while (!this.isAtEnd && pattern.test(this.text.charAt(this.position))) this.position++;
    return this.text.slice(start, this.position);
  }
}
