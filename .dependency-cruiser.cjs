// Rooms and arrows: which room may import which. Anything not listed is an error; so is any cycle.
//   compile <- pipeline <- tasks, triggers, alerts, sources <- index        compile <- ops, local, view <- bin, lambda
const rooms = {
  compile: [],
  pipeline: ['compile'],
  tasks: ['compile', 'pipeline'],
  triggers: ['compile', 'pipeline'],
  alerts: ['compile', 'pipeline'],
  sources: ['compile', 'pipeline'],
  ops: ['compile', 'view'],
  local: ['compile', 'view'],
  view: ['compile'],
};
const constructs = ['pipeline', 'tasks', 'triggers', 'alerts', 'sources'];
const forbidden = Object.entries(rooms).map(([room, may]) => ({
  name: `arrow-${room}`,
  comment: `lib/${room} may import ${may.length ? may.join(', ') : 'no other room'}`,
  severity: 'error',
  from: { path: `^lib/${room}/` },
  to: { path: '^(lib|bin|lambda|examples|test)/', pathNot: `^lib/(${[room, ...may].join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...forbidden,
    { name: 'no-cycle', severity: 'error', from: { path: '^(lib|bin|lambda)/' }, to: { circular: true } },
    {
      name: 'compile-is-pure',
      comment: 'plain data in, plain data out: no package, no Node module (croner computes cron times and touches nothing)',
      severity: 'error',
      from: { path: '^lib/compile/' },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-peer', 'npm-no-pkg'], pathNot: 'node_modules/croner/' },
    },
    {
      name: 'view-is-pure',
      severity: 'error',
      from: { path: '^lib/view/' },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-peer', 'npm-no-pkg'] },
    },
    {
      name: 'cdk-only-where-constructs-are',
      severity: 'error',
      from: { path: '^(lib|bin|lambda)/', pathNot: `^lib/(${constructs.join('|')})/` },
      to: { path: 'node_modules/(aws-cdk-lib|constructs)/' },
    },
    {
      name: 'packed-library-has-no-runtime-dependencies',
      comment: 'what index.ts reaches may use its peers and Node only',
      severity: 'error',
      from: { path: `^lib/(compile|${constructs.join('|')})/` },
      to: { path: 'node_modules/', pathNot: 'node_modules/(aws-cdk-lib|constructs|croner|@types)/' },
    },
    {
      name: 'index-reaches-peers-only',
      severity: 'error',
      from: { path: '^lib/index\\.ts$' },
      to: { path: 'node_modules/croner/', reachable: true },
    },
    {
      name: 'lambda-is-thin',
      severity: 'error',
      from: { path: '^lambda/' },
      to: { path: '^lib/', pathNot: '^lib/(compile|ops|view)/' },
    },
    {
      name: 'bin-arrows',
      severity: 'error',
      from: { path: '^bin/' },
      to: { path: '^(lib|lambda|examples|test)/', pathNot: '^lib/(compile|ops|local|view)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
  },
};
