/** `npm run recipes -- <verb>`: what operators do without the Temporal UI. */
import { ServiceError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
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
  if (error instanceof ServiceError || error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
    process.stderr.write(
      'Temporal does not answer; what was asked may be done in part, and can be repeated\n',
    );
    return EXIT.unreachable;
  }
  throw error;
}
