import { short, whole } from '../../report/table.mjs';

const LINES = {
  burst: (row) => `${whole(row.perSecond)}/s, ${whole(row.perSecondOnce)}/s from the first fire`,
  lateness: fires,
  recurring: fires,
  adding: (row) => `${whole(row.manyPerSecond) ?? '–'}/s in one call, ${whole(row.eachPerSecond)}/s one by one`,
  far: (row) => `first fire after ${whole(row.startMs)} ms, idle ${short(row.queriesPerSecond) ?? '–'} queries/s, ${short(row.corePercent)} % of a core`, // prettier-ignore
};

/** One line for whoever watches. */
export function outcomeOf(kind, row) {
  return row.failure ?? LINES[kind](row);
}

function fires({ achieved, expected, doubled, p50, p99 }) {
  return `${whole(achieved)} / ${whole(expected)} fires, ${doubled} twice, p50 ${short(p50) ?? '–'} ms, p99 ${short(p99) ?? '–'} ms`;
}
