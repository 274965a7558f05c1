import { aJob } from '../../../support/store-fixtures.js';
import { openFile } from '../open-store.js';
import { heed, tell } from './parent-process.js';

/** Adds a job to the file it is given when it is told to. */
const [file, id] = process.argv.slice(2) as [string, string];
const session = await openFile(file);
tell({ ready: true });
await heed();
await session.putJobs([id], (_id, _stored, { now }) => aJob({ id }, now));
await session.close();
tell({ done: true });
