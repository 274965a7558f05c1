import { openFile } from '../open-store.js';
import { heed, tell } from './parent-process.js';

/** Opens a store on the file it is given when it is told to. */
const [file] = process.argv.slice(2) as [string];
tell({ ready: true });
await heed();
const session = await openFile(file);
const { jobs } = await session.listJobs({});
await session.close();
tell({ jobs: jobs.length });
