import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(import.meta.dirname, '..', '..', '..', 'package.json'));
/** What a client sends to keep its connection, and no statement of anybody. */
const OVERHEAD = new Set(['Ping', 'Quit', 'ClientHandshake', 'Handshake', 'CloseStatement']);

/** Counts what all mysql2 connections of this process send, whoever opened them: the copy that our store loads. */
export function countMysqlQueries() {
  const { prototype } = require('mysql2').Connection;
  const { addCommand } = prototype;
  let count = 0;
  prototype.addCommand = function counted(command) {
    if (!OVERHEAD.has(command.constructor.name)) count++;
    return addCommand.call(this, command);
  };
  return () => count;
}

/** For the driver's `verbose`: looking whether another process has written is no query. */
export function countSqliteQueries() {
  let count = 0;
  return {
    verbose: (sql) => {
      if (!/data_version/i.test(sql)) count++;
    },
    read: () => count,
  };
}
