import { stableHash } from '../triggers/cron/hash.js';

const HASHES = 2 ** 32;

/** One of `0 … choices − 1`, always the same for a text, each as likely as the others. */
export function stableChoice(text: string, choices: number): number {
  return Math.floor((stableHash(text) / HASHES) * choices);
}
