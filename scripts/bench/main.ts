/** `npm run bench -- <what>`: prints the figures that the README states, each beside a baseline of the same run. */
import { Command, InvalidArgumentError } from 'commander';
import { benchIntake } from './intake.js';

function count(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('Expected a whole number.');
  return number;
}

const program = new Command('bench').description('measure on this machine');
program
  .command('intake')
  .description('single POSTs against npm start: grouped, and with a workflow per event as the baseline')
  .option('--events <n>', 'events of the grouped run', count, 3_000)
  .option('--baseline-events <n>', 'events of the run without groups', count, 600)
  .option('--connections <n>', 'connections at once', count, 200)
  .option('--json', 'print JSON', false)
  .action(async (options: { events: number; baselineEvents: number; connections: number; json: boolean }) => {
    await benchIntake(options);
  });
await program.parseAsync();
