/**
 * `npm run doctor`: whether events and unsubscribes that come now would reach Iterable, and what to do if not.
 * Exit codes: 0 nothing is wrong, 1 something is, 2 settings are missing or cannot be read.
 */
import { Command, Option } from 'commander';
import { ConfigError } from '../config/config-error.js';
import { environment } from '../config/environment.js';
import { examine } from './doctor/examine.js';
import { asText } from './doctor/finding.js';
import { EXIT } from './recipes/exit-codes.js';

interface Options {
  readonly json: boolean;
  readonly only?: 'gateway' | 'worker';
}

const { json, only } = new Command('doctor')
  .description('look at settings, Temporal, Iterable, Marketo, gateway and keys, without changing anything')
  .addOption(new Option('--only <part>', 'whose settings have to be complete').choices(['gateway', 'worker']))
  .option('--json', 'print JSON', false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage))
  .parse()
  .opts<Options>();

const print = (value: unknown, text: string): void => {
  process.stdout.write(`${json ? JSON.stringify(value, null, 2) : text}\n`);
};

try {
  const findings = await examine(environment(), { gateway: only !== 'worker', worker: only !== 'gateway' });
  const isWell = findings.every(({ status }) => status !== 'wrong');
  print({ ok: isWell, findings }, asText(findings));
  process.exitCode = isWell ? EXIT.ok : EXIT.someFailed;
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  print({ ok: false, problems: error.problems }, error.message);
  process.exitCode = EXIT.usage;
}
