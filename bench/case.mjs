// One case in a process of its own, started by `run.mjs` with the case as JSON; answers over the IPC channel.
import { nextSecond, until, usedBytes } from './harness/cost.mjs';
import { phasesOf } from './harness/phases.mjs';
import { createRecorder } from './harness/recorder.mjs';
import { loadSubject } from './subjects/index.mjs';

/** After the window: what comes this late is still seen. */
const GRACE_MS = 1500;

const { subject: name, phase, jobs, seconds } = JSON.parse(process.argv[2]);
const phases = phasesOf(phase, jobs);
const recorder = createRecorder({ jobs, seconds, phases });
const subject = await loadSubject(name);

const bytesBefore = usedBytes();
const adding = await subject.start({ jobs, phases, fire: recorder.record });
process.send({ stage: 'added', adding });
const bytesAdded = usedBytes();

const windowStart = nextSecond(Date.now() + 1500);
recorder.open(windowStart);
const used = await usedDuring(windowStart, windowStart + seconds * 1000);
await until(windowStart + seconds * 1000 + GRACE_MS);

const result = {
  ...recorder.summary(),
  cpuPerFireUs: used.fires === 0 ? null : used.cpuUs / used.fires,
  cores: used.cpuUs / used.wallUs,
  adding,
  bytesPerJob: (bytesAdded - bytesBefore) / jobs,
  heapAfterBytes: usedBytes() - bytesBefore,
};
process.send({ stage: 'done', result }, () => process.exit(0));

/** The second mark is set inside the first: when both have passed, they are still in order. */
function usedDuring(from, to) {
  return recorder.at(from, () => {
    const [cpu, fires, wall] = [process.cpuUsage(), recorder.calls, performance.now()];
    return recorder.at(to, () => {
      const { user, system } = process.cpuUsage(cpu);
      return { cpuUs: user + system, fires: recorder.calls - fires, wallUs: (performance.now() - wall) * 1000 };
    });
  });
}
