/** `npm run recipes -- <verb>`: what operators do without the Temporal UI. */
import { ConfigError } from '../../config/config-error.js';
import { createProgram } from './program.js';
import { CommandError, EXIT } from './exit-codes.js';

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}

/** Says what went wrong in the operator's words. Anything unforeseen keeps its stack. */
function explain(error: unknown): number {
  if (error instanceof CommandError) {
    process.stderr.write(`${error.message}\n`);
    return error.exitCode;
  }
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`);
    return EXIT.usage;
  }
  throw error;
}
