import 'reflect-metadata';
import { conduct } from './conductor.js';
import { work } from './worker.js';

// The conductor starts this file again for each worker.
void (process.env.NODE_NAME === undefined ? conduct() : work());
