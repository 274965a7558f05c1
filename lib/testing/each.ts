type Cells<Row extends readonly unknown[]> = { -readonly [Place in keyof Row]: Row[Place] };

/**
 * The same test, or block of tests, for each row; `%s` and `%j` in the title stand for the cells in their order. Not every
 * framework has an `each` of its own.
 */
export function each<const Row extends readonly unknown[]>(
  register: (name: string, body: () => void | Promise<void>) => unknown,
  rows: readonly Row[],
): (title: string, body: (...cells: Cells<Row>) => void | Promise<void>) => void {
  return (title, body) => {
    for (const row of rows) {
      const cells = row.values();
      const show = (): string => {
        const cell: unknown = cells.next().value;
        return typeof cell === 'string' ? cell : JSON.stringify(cell);
      };
      register(title.replaceAll(/%[sj]/g, show), () => body(...(row as Cells<Row>)));
    }
  };
}
