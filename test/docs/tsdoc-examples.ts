import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CodeBlock } from './code-blocks.js';

const LIB = join(import.meta.dirname, '..', '..', 'lib');

/** What examples use of an application without saying where it comes from. */
const GIVEN: Readonly<Record<string, string>> = {
  AppConfig:
    'declare class AppConfig { reportCron: string; backupCron: string | null; pollEvery: { minutes: number } }',
  app: 'declare const app: { close(): Promise<void> };',
  config: 'declare const config: { readonly tenants: readonly string[] };',
  daily: 'declare const daily: TriggerDefinition;',
  dataSource: "declare const dataSource: import('typeorm').DataSource;",
  describeJobStore:
    "import { describeJobStore } from 'nestjs-advanced-scheduler/testing';\nimport { afterEach, beforeEach, describe, expect, it } from 'vitest';",
  describeTrigger:
    "import { describeTrigger } from 'nestjs-advanced-scheduler/testing';\nimport { describe, it } from 'vitest';",
  draft: 'declare const draft: NamedJobInput;',
  fullMoon: 'declare const fullMoon: TriggerFactory<{ readonly every: number }>;',
  myMigrations: 'declare const myMigrations: never[];',
  noon: 'declare const noon: Date;',
  options: "declare const options: import('typeorm').DataSourceOptions;",
  order: 'declare const order: { readonly id: string; readonly shipAt: Date };',
  pager: 'declare const pager: { alert(jobId: string): void };',
  sync: 'declare function sync(tenant: string): void;',
  users: 'declare const users: readonly { readonly id: string }[];',
  when: 'declare const when: Date;',
  AppModule: 'declare class AppModule {}',
  ConfigService: 'declare class ConfigService { get(name: string): string; }',
  DataSource: "import { DataSource } from 'typeorm';",
  FullMoons:
    'declare class FullMoons implements CustomTrigger { constructor(every: number); next(): null; previous(): null; }',
  ManualScheduler: "import { ManualScheduler } from 'nestjs-advanced-scheduler/testing';",
  MoreThan: "import { MoreThan } from 'typeorm';",
  Order: 'declare class Order {}',
  Reminders: 'declare class Reminders { send(userId: string, text: string): void; }',
  Test: "import { Test } from '@nestjs/testing';",
  VirtualClock: "import { VirtualClock } from 'nestjs-advanced-scheduler/testing';",
  ...Object.fromEntries(
    [
      'SchedulerJobEntity',
      'SchedulerRunEntity',
      'SchedulerNodeEntity',
      'SchedulerTallyEntity',
      'schedulerEntities',
      'schedulerMigrations',
    ].map((name) => [name, `import { ${name} } from 'nestjs-advanced-scheduler/typeorm';`]),
  ),
};

/** Every `@example` in a comment of `lib/`, as a fragment. */
export function tsdocExamples(): CodeBlock[] {
  const paths = readdirSync(LIB, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  return paths.sort().flatMap((path) => examplesOf(path.replaceAll('\\', '/'), readFileSync(join(LIB, path), 'utf8')));
}

function examplesOf(path: string, source: string): CodeBlock[] {
  return [...source.matchAll(/@example\b(.*?)(?=\n *\* @|@publicApi|\*\/)/gs)].map(({ 1: text, index }) => {
    const line = source.slice(0, index).split('\n').length;
    // A decorator at the start of a line would be a tag.
    const lines = (text as string).split('\n').map((one) => one.replace(/^ *\* ?/, '').replace(/^( *)\\@/, '$1@'));
    const code = lines.join('\n').trim();
    const fileName = `lib-${path.replace(/\.ts$/, '').replaceAll('/', '-')}-${line}`;
    return { place: `lib/${path}:${line}`, fileName, heading: '', code: `${code}\n${given(code)}`, isComplete: false };
  });
}

/** What the code uses and does not declare itself. */
function given(code: string): string {
  const isMissing = (name: string): boolean =>
    new RegExp(`\\b${name}\\b`).test(code) && !new RegExp(`(class|const) ${name}\\b`).test(code);
  const missing = Object.entries(GIVEN).filter(([name]) => isMissing(name));
  return missing.map(([, declaration]) => declaration).join('\n');
}
