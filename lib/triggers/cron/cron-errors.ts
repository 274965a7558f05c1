import { SchedulerError } from '../../errors/scheduler-error.js';

/** How much of a long text is shown on either side of the caret. */
const MAX_SHOWN = 120;

/** Where and why a cron text is wrong. */
export interface CronFault {
  /** What was wrong, as a sentence. */
  readonly problem: string;
  /** The text as it was given. */
  readonly text: string;
  /** Where in the text, counted from 1. */
  readonly column: number;
  /** How to write it instead. */
  readonly hint?: string | undefined;
}

/**
 * A cron text or field that is no cron. The message shows the text with a caret under the column.
 *
 * @publicApi
 */
export class CronSyntaxError extends SchedulerError {
  readonly code = 'CRON_SYNTAX';
  readonly text: string;
  readonly column: number;
  readonly hint: string | undefined;

  constructor({ problem, text, column, hint }: CronFault) {
    super(describeFault({ problem, text, column, hint }));
    this.text = text;
    this.column = column;
    this.hint = hint;
  }
}

/** The problem, the text with a caret under the column, and the hint. */
export function describeFault({ problem, text, column, hint }: CronFault): string {
  const start = Math.max(0, column - MAX_SHOWN);
  const shown = text.slice(start, start + 2 * MAX_SHOWN).replaceAll(/\s/g, ' ');
  const lines = [problem, `  ${shown}`, `  ${' '.repeat(column - 1 - start)}^`];
  if (hint !== undefined) lines.push(`Hint: ${hint}`);
  return lines.join('\n');
}
