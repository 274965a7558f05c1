import { createInterface } from 'node:readline';

/** What a test asks of a program. */
export interface Question {
  readonly ask: number;
  readonly verb: string;
  readonly args: readonly unknown[];
}

/** Tells the test that started this process. Writing to a pipe is synchronous: what was told is not lost by a kill. */
export function tell(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** Answers what the test asks, for as long as something else keeps the process alive. */
export function answerWith(answer: (question: Question) => unknown): void {
  createInterface({ input: process.stdin }).on('line', (line) => {
    const question = JSON.parse(line) as Question;
    void reply(question, answer);
  });
  // Whether a scheduler keeps its process alive is for the tests to find out.
  (process.stdin as NodeJS.ReadStream & { unref(): void }).unref();
}

async function reply(question: Question, answer: (question: Question) => unknown): Promise<void> {
  try {
    tell({ answer: question.ask, value: (await answer(question)) ?? null });
  } catch (error) {
    const { name, message, code, retryable } = error as Error & { code?: string; retryable?: boolean };
    tell({ answer: question.ask, error: { name, message, code, retryable } });
  }
}
