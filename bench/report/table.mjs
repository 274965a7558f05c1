/** A Markdown table that also reads well in a terminal. Columns: `{ title, cell(row), left? }`. */
export function table(columns, rows) {
  const cells = rows.map((row) => columns.map((column) => String(column.cell(row) ?? '–')));
  const widths = columns.map((column, index) =>
    Math.max(column.title.length, 3, ...cells.map((row) => row[index].length)),
  );
  const line = (texts) =>
    `| ${texts.map((text, index) => (columns[index].left ? text.padEnd(widths[index]) : text.padStart(widths[index]))).join(' | ')} |`;
  const rule = columns.map((column, index) =>
    column.left ? '-'.repeat(widths[index]) : `${'-'.repeat(widths[index] - 1)}:`,
  );
  return [line(columns.map((column) => column.title)), line(rule), ...cells.map(line)].join('\n');
}

export function whole(value) {
  return value === null || value === undefined || !Number.isFinite(value)
    ? null
    : Math.round(value).toLocaleString('en-US');
}

/** Three significant digits. */
export function short(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return null;
  return Math.abs(value) >= 100 ? whole(value) : String(Number(value.toPrecision(3)));
}

/** How many times as much as ours. */
export function ratio(value, ours) {
  const text = ours > 0 ? short(value / ours) : null;
  return text && `${text}×`;
}
