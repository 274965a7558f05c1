import { describe, expect, it } from 'vitest';
import { InvalidJobOptionError } from '../../lib/jobs/job-errors.js';
import { assertKnownKeys, nearestWord } from '../../lib/jobs/known-keys.js';

const known = ['misfireGraceTime', 'coalesce', 'maxInstances', 'tags'];

function messageFor(options: object): string {
  try {
    assertKnownKeys(options, known, 'Job "x"');
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidJobOptionError);
    return (error as Error).message;
  }
  return 'accepted';
}

describe('an option that nobody reads', () => {
  it('is refused by name, with the nearest one that is read', () => {
    expect(messageFor({ maxInstance: 2 })).toBe('Job "x": unknown option "maxInstance". Did you mean "maxInstances"?');
    expect(messageFor({ Coalesce: 'all' })).toContain('Did you mean "coalesce"?');
    expect(messageFor({ misfireGracetime: 5 })).toContain('Did you mean "misfireGraceTime"?');
  });

  it('is refused with all that are known when none is near', () => {
    expect(messageFor({ colour: 1 })).toBe(
      'Job "x": unknown option "colour". Known: misfireGraceTime, coalesce, maxInstances, tags.',
    );
  });

  it('is one that is there, whatever its value', () => {
    expect(messageFor({ timeout: undefined })).toContain('"timeout"');
    expect(messageFor({ maxInstances: undefined })).toBe('accepted');
    expect(messageFor({})).toBe('accepted');
  });
});

describe('options that are no object', () => {
  it.each([null, undefined, 'tags', 5, ['tags'], () => 1])('are refused: %s', (options) => {
    expect(messageFor(options as object)).toContain('Job "x"');
  });
});

describe('the nearest word', () => {
  it.each([
    ['tag', 'tags'],
    ['TAGS', 'tags'],
    ['colaesce', 'coalesce'],
    ['instances', 'maxInstances'],
    ['interval', null],
    ['x', null],
    ['', null],
  ])('to "%s" is %s', (word, nearest) => {
    expect(nearestWord(word, known)).toBe(nearest);
  });
});
