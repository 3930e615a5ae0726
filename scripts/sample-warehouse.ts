/**
 * `npm run sample-warehouse -- --path <file> --rows <n>`: a DuckDB file with invented source tables for the models.
 * Exit codes: 0 it is there, 1 it is not, 2 the arguments are wrong.
 */
import { Command, InvalidArgumentError } from 'commander';
import {
  SampleError,
  writeSampleWarehouse,
  type SampleFileOptions,
  type WrittenSample,
} from '../sandbox/samples/warehouse/index.js';
import { EXIT } from './recipes/exit-codes.js';
import { table } from './recipes/output.js';

const whole =
  (least: number) =>
  (value: string): number => {
    const number = Number(value);
    if (Number.isSafeInteger(number) && number >= least) return number;
    throw new InvalidArgumentError(`Expected a whole number from ${least}.`);
  };

function day(value: string): string {
  if (/^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value))) return value;
  throw new InvalidArgumentError('Expected a day like 2026-11-24.');
}

const { json, ...options } = new Command('sample-warehouse')
  .description('write the source tables of the models, full of invented people, into a DuckDB file')
  .requiredOption('--path <file>', 'the file')
  .requiredOption('--rows <n>', 'people, each a row of users-namespaces', whole(1))
  .option('--seed <n>', 'the same one gives the same rows', whole(0), 1)
  .option('--bad <n>', 'rows that cannot be delivered, of several kinds', whole(0), 0)
  .option(
    '--duplicate-keys <n>',
    'rows beside these whose key is there already: they stop a run',
    whole(0),
    0,
  )
  .option('--null-keys <n>', 'rows beside these without a key: they stop a run', whole(0), 0)
  .option('--today <day>', 'the day by which people registered lately (default: today)', day)
  .option('--force', 'replace a file that is no sample, or that a worker has used', false)
  .option('--json', 'print JSON', false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage))
  .parse()
  .opts<SampleFileOptions & { readonly json: boolean }>();

try {
  const written = await writeSampleWarehouse(options);
  process.stdout.write(`${json ? JSON.stringify(written, null, 2) : asText(written)}\n`);
} catch (error) {
  if (!(error instanceof SampleError || error instanceof RangeError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error instanceof RangeError ? EXIT.usage : EXIT.someFailed;
}

function asText({ path, rows, bad, seconds }: WrittenSample): string {
  const wrote = `${path}: ${rows} rows in ${seconds.toFixed(1)} s`;
  if (bad.length === 0) return wrote;
  return `${wrote}\n${table(
    ['bad rows', 'how many', 'reason of the verdict'],
    bad.map((kind) => [kind.kind, String(kind.rows), kind.reason]),
  )}`;
}
