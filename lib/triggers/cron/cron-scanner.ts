import { CronSyntaxError } from './cron-errors.js';

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
    this.#takeWhile(/[ \t]/);
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
