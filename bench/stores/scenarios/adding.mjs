const YEAR_MS = 365 * 86_400_000;

/** Adds far jobs: all in one call, and each in a call and a commit of its own, one after the other. */
export function adding({ jobs: count, each }) {
  return async ({ subject, join }) => {
    const dueAt = Date.now() + YEAR_MS;
    const jobs = (from, length) => Array.from({ length }, (_, i) => ({ index: from + i, dueAt }));
    const node = await join();
    // The first ones pay for connections and compiled statements.
    await node.call('addEach', { jobs: jobs(0, 10) });
    const many = subject.bulk === false ? null : await node.call('addMany', { jobs: jobs(10, count) });
    const one = await node.call('addEach', { jobs: jobs(10 + count, each) });
    return {
      manyPerSecond: many && count / (many.wallMs / 1000),
      eachPerSecond: each / (one.wallMs / 1000),
      added: 10 + (many ? count : 0) + each,
    };
  };
}
