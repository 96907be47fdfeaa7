// Imports point one way: cli, main → agent → jobs, admin → ledger, erp, platform → mappers → config.
// Only the swc parser reads this TypeScript (the TypeScript 7 package has no parser for others to use); without
// @swc/core no import would be seen, and nothing forbidden. scripts/checks.mjs plants violations to prove it sees them.

// swc parses `using` and `await using`, but its visitor, which dependency-cruiser walks the tree with, does not know them
// and throws.
const { Visitor } = require('@swc/core/Visitor.js');
const visitStatement = Visitor.prototype.visitStatement;
Visitor.prototype.visitStatement = function (statement) {
  if (statement.type !== 'UsingDeclaration') return visitStatement.call(this, statement);
  this.visitVariableDeclarators(statement.decls);
  return statement;
};

const below = ['mappers', 'config'];

/** Each part of src, and the other parts that it may import. A part that is not here may be imported by cli and main alone. */
const mayImport = {
  config: [],
  mappers: ['config'],
  platform: below,
  erp: below,
  ledger: ['erp', 'platform', ...below],
  jobs: ['ledger', 'erp', 'platform', ...below],
  admin: ['jobs', 'ledger', 'erp', 'platform', ...below],
  agent: ['jobs', 'admin', 'ledger', 'erp', 'platform', ...below],
  sandbox: [],
  demo: ['agent', 'sandbox', 'erp', 'config'],
};

/** A part is a folder, or one file of that name. */
const part = (...names) => `^src/(${names.join('|')})(/|\\.ts$)`;

const layers = Object.entries(mayImport).map(([name, others]) => ({
  name: `${name}-imports-only-${others.join('-') || 'itself'}`,
  comment: `src/${name} may import ${['itself', ...others].join(', ')}, and nothing else of src.`,
  severity: 'error',
  from: { path: part(name) },
  to: { path: '^src/', pathNot: part(name, ...others) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layers,
    {
      name: 'mappers-do-no-io',
      comment:
        'A mapper takes values and gives values: of packages it may import zod and decimal.js, of Node nothing.',
      severity: 'error',
      from: { path: part('mappers') },
      to: { pathNot: ['^src/', 'node_modules/(zod|decimal\\.js)/'] },
    },
    {
      name: 'sandbox-only-from-cli-and-demo',
      comment:
        'The stand-in for the platform is for trying out: nothing that runs in production may need it.',
      severity: 'error',
      from: { path: '^src/', pathNot: part('sandbox', 'cli', 'demo') },
      to: { path: part('sandbox') },
    },
    {
      name: 'demo-only-from-cli',
      severity: 'error',
      from: { path: '^src/', pathNot: part('demo', 'cli') },
      to: { path: part('demo') },
    },
    {
      name: 'nothing-imports-main',
      severity: 'error',
      from: { path: '^src/', pathNot: part('cli') },
      to: { path: '^src/main\\.ts$' },
    },
    {
      name: 'src-imports-only-src-and-packages',
      comment: 'The image holds src and the packages, no tests and no scripts.',
      severity: 'error',
      from: { path: '^src/' },
      to: { pathNot: ['^src/', 'node_modules/', '^package\\.json$'], dependencyTypesNot: ['core'] },
    },
    {
      name: 'no-development-packages',
      comment: 'The image is installed without them.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: 'node_modules/@types/' },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      comment: 'Nothing imports it and it imports nothing: is it still needed?',
      severity: 'error',
      from: {
        orphan: true,
        path: '^src/',
        pathNot: ['^src/main\\.ts$', '^src/cli/', '\\.d\\.ts$', '^src/admin/console/assets/'],
      },
      to: {},
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
