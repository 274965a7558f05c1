import type { TestSpecification } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';

/** Folders whose files wait for processes and servers, the slowest first; a short file may be among the slowest. */
const SLOW = ['test/cluster/rolling-deployment', 'test/stores/typeorm/', 'test/cluster/', 'test/e2e/', 'test/process/'];

/**
 * Starts the files that take longest first, so that no run ends with one worker at work and the others idle. Left to
 * itself, vitest goes by the size of a file where it has not seen it run yet, which is so in every clean checkout.
 */
export default class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => rank(one) - rank(other));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const place = SLOW.findIndex((folder) => moduleId.includes(folder));
  return place === -1 ? SLOW.length : place;
}
