const MAX_SHOWN = 60;

/** A short form of any value for an error message; never throws. */
export function showValue(value: unknown): string {
  if (typeof value === 'string') return `'${shorten(value)}'`;
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined) {
    return String(value);
  }
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'symbol') return 'a symbol';
  return showObject(value);
}

/** What was thrown, in a line: anything may be. Never throws. */
export function showError(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) : showValue(error);
  } catch {
    return 'an error';
  }
}

function showObject(value: object): string {
  try {
    const json: string | undefined = JSON.stringify(value);
    return json === undefined ? 'an object' : shorten(json);
  } catch {
    return 'an object';
  }
}

function shorten(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
