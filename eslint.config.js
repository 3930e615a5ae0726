import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import importX from 'eslint-plugin-import-x';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import { builtinModules } from 'node:module';
import tseslint from 'typescript-eslint';

const SETTINGS = 'Read settings through config/load.ts: a bad value then stops the start, not a workflow.';
const CAST =
  'Parse with zod or narrow with a guard: "as" hides a wrong shape until production. Only "as const".';
const UNITS = 'A number that measures time carries its unit: timeoutMs, waitSeconds, ageHours.';

/** Names that end in a measure of time and not in its unit: `timeout`, `pollInterval`, `MAX_WAIT`; not `page`. */
const timeWords = ['timeout', 'delay', 'interval', 'duration', 'wait', 'age', 'horizon'];
const withoutUnit = `/${[
  `(^|_)(${timeWords.join('|')})$`,
  `(${timeWords.map((word) => word[0].toUpperCase() + word.slice(1)).join('|')})$`,
  `(^|_)(${timeWords.join('|').toUpperCase()})$`,
].join('|')}/`;

/** House rules that a selector can express. Every message says what to do instead. */
const everywhere = [
  {
    selector:
      "MemberExpression[object.name='process']:matches([property.name='env'], [property.value='env'])",
    message: SETTINGS,
  },
  { selector: "VariableDeclarator[init.name='process'] Property[key.name='env']", message: SETTINGS },
  {
    selector: "ImportDeclaration[source.value=/^(node:)?process$/] ImportSpecifier[imported.name='env']",
    message: SETTINGS,
  },
  { selector: 'TSAsExpression:not([typeAnnotation.typeName.name="const"])', message: CAST },
  { selector: 'TSTypeAssertion', message: CAST },
  {
    selector: 'TSNonNullExpression',
    message: 'Say what happens when it is absent: a guard that throws, a default, or another type. No "!".',
  },
  { selector: 'TSEnumDeclaration', message: 'Use an "as const" object or a union: enums do not erase.' },
  {
    selector: 'ExportDefaultDeclaration',
    message: 'Use a named export, so that one thing has one name everywhere.',
  },
  {
    selector: `TSPropertySignature[key.name=${withoutUnit}] > TSTypeAnnotation > TSNumberKeyword`,
    message: UNITS,
  },
  { selector: `Identifier[name=${withoutUnit}] > TSTypeAnnotation > TSNumberKeyword`, message: UNITS },
  {
    selector: `VariableDeclarator[id.name=${withoutUnit}] > :matches(Literal[raw=/^[0-9_.]+$/], BinaryExpression[operator='*'])`,
    message: UNITS,
  },
];

/** Node's own modules, under both of their names. */
const builtIns = (message) =>
  builtinModules.flatMap((name) => [name, `node:${name}`]).map((name) => ({ name, message }));

const inWorkflows = [
  {
    selector:
      'CallExpression[callee.name=/^proxy(Local)?Activities$/]:not(:has(Property[key.name=/^(startToCloseTimeout|scheduleToCloseTimeout)$/])):not(:has(CallExpression[callee.name=/Options$/]))',
    message: 'An activity proxy states its timeouts: without one a lost worker is never noticed.',
  },
  {
    selector: "MemberExpression[object.name='console']",
    message: 'Use log from @temporalio/workflow: it is silent during replay.',
  },
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message:
      'Wall clocks differ on replay. Take times from inputs, or from workflowNow() in workflows/shared.',
  },
  {
    selector: 'CallExpression[callee.name=/^set(Timeout|Interval|Immediate)$/]',
    message: 'Use sleep or condition from @temporalio/workflow: it says what it waits for.',
  },
];

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.data/', '.cache/', 'coverage/'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js', 'test/support/*.cjs', 'workers/codec/*.cjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/non-nullable-type-assertion-style': 'off', // recommends "!"
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'import-x/no-cycle': 'error',
      'import-x/no-duplicates': 'error',
      'no-restricted-syntax': ['error', ...everywhere],
      complexity: ['error', 12],
      'max-params': ['error', 4],
      'max-lines-per-function': ['error', { max: 60, skipComments: true, skipBlankLines: true }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    files: ['domain/**/*.ts', 'recipes/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: builtIns('Rules are pure: do this in an activity, the gateway or a worker.'),
          patterns: [
            {
              group: ['**/activities/**', '**/gateway/**', '**/workers/**', '**/config/**', '**/sandbox/**'],
              message: 'Rules are pure: take what is needed as an argument.',
            },
            {
              group: ['zod'],
              allowTypeImports: true,
              message: 'Schemas live at the edges (domain/*.schema.ts): zod triples the workflow bundle.',
            },
          ],
        },
      ],
    },
  },
  {
    // Parsed at the edges only; keyed hashes need Node's crypto. Neither file may reach a workflow bundle,
    // which test/workflows/bundle.test.ts proves.
    files: ['domain/*.schema.ts', 'domain/person-hash.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': 'off' },
  },
  {
    files: ['workflows/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...everywhere, ...inWorkflows],
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: builtIns('Workflows are deterministic: do this in an activity.'),
          patterns: [
            {
              group: ['**/activities/**'],
              allowTypeImports: true,
              message: 'Import the interface only: contract.ts, as a type.',
            },
            {
              group: ['zod', '**/*.schema.js'],
              allowTypeImports: true,
              message: 'Parse in the gateway or an activity: zod triples the workflow bundle.',
            },
            {
              group: ['**/config/**', '**/gateway/**', '**/workers/**'],
              message: 'Workflows get what they need as input.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['config/**/*.ts', 'test/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...everywhere.filter(({ message }) => message !== SETTINGS)],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: { 'max-lines-per-function': 'off' },
  },
  {
    files: ['*.js', '**/*.cjs'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { 'no-restricted-syntax': 'off', '@typescript-eslint/no-require-imports': 'off' },
    languageOptions: { globals: { module: 'writable', require: 'readonly' } },
  },
  prettier,
);
