/**
 * The layers of lib/, lowest first, and what each may import besides itself. What a layer does not name it must not
 * know: a store that reaches into the engine could not be tested, nor replaced, without it.
 */
const LAYERS = {
  errors: [],
  clock: [],
  version: [],
  triggers: ['errors', 'clock'],
  jobs: ['errors', 'clock', 'triggers'],
  stores: ['errors', 'clock', 'triggers', 'jobs'],
  executors: ['errors', 'clock', 'triggers', 'jobs'],
  events: ['errors', 'clock', 'triggers', 'jobs'],
  decorators: ['errors', 'triggers', 'jobs', 'events'],
  engine: ['errors', 'clock', 'version', 'triggers', 'jobs', 'stores', 'executors', 'events'],
  options: ['errors', 'clock', 'triggers', 'jobs', 'stores', 'executors', 'events', 'engine'],
  discovery: [
    'errors',
    'clock',
    'triggers',
    'jobs',
    'stores',
    'executors',
    'events',
    'engine',
    'decorators',
    'options',
  ],
};

/** Files that stand in lib/ itself, and folders: layer → path pattern. */
const PATHS = Object.fromEntries(
  Object.keys(LAYERS).map((layer) => [
    layer,
    { clock: '^lib/clock\\.ts$', version: '^lib/version\\.ts$', options: '^lib/scheduler\\.options\\.ts$' }[layer] ??
      `^lib/${layer}/`,
  ]),
);

const layerRules = Object.entries(LAYERS).map(([layer, allowed]) => ({
  name: `layer-${layer}`,
  comment: `${layer} may import ${allowed.join(', ') || 'nothing of lib/'}.`,
  severity: 'error',
  from: { path: PATHS[layer] },
  to: { path: '^lib/', pathNot: [layer, ...allowed].map((name) => PATHS[name]) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'pure-core',
      comment: 'When and whether a job fires is arithmetic: it knows neither Nest nor a database.',
      severity: 'error',
      from: { path: '^lib/(errors|triggers|jobs)/|^lib/clock\\.ts$' },
      to: { path: 'node_modules/(@nestjs|typeorm|rxjs|reflect-metadata|better-sqlite3)(/|$)' },
    },
    {
      name: 'typeorm-behind-its-door',
      comment: 'Nobody loads TypeORM unless they import nestjs-advanced-scheduler/typeorm.',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/(stores/typeorm/|typeorm\\.ts$)' },
      to: { path: 'node_modules/(typeorm|better-sqlite3)(/|$)|^lib/(stores/typeorm/|typeorm\\.ts$)' },
    },
    {
      name: 'testing-behind-its-door',
      comment: 'Nobody loads what is for tests unless they import nestjs-advanced-scheduler/testing.',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/testing(/|\\.ts$)' },
      to: { path: '^lib/testing(/|\\.ts$)' },
    },
    {
      name: 'entry-points-are-for-users',
      comment: 'Inside lib/, import the file that has the thing.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^lib/(index|typeorm|testing)\\.ts$' },
    },
    {
      name: 'no-cycles',
      comment: 'Two files may know each other’s types; at run time one has to be loaded first.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolvable',
      comment: 'Also catches a package that is not installed.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'declared-packages-only',
      comment: 'What lib/ imports has to be a dependency or a peer: a development dependency is missing at the user’s.',
      severity: 'error',
      from: { path: '^lib/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['npm', 'npm-peer', 'npm-optional', 'type-only'],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
