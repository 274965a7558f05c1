// Removes folders of build output, so that a file deleted from the sources can't live on in the package.
import { rmSync } from 'node:fs';

for (const folder of process.argv.slice(2)) rmSync(folder, { recursive: true, force: true });
