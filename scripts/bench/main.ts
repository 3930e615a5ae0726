/** `npm run bench -- <what>`: prints the figures that the README states, each beside a baseline of the same run. */
import { Command, InvalidArgumentError } from 'commander';
import { benchConserve, type ConserveBenchOptions } from './conserve/main.js';
import { benchRace, type RaceBenchOptions } from './consent-race.js';
import { benchDiff, type DiffBenchOptions } from './diff.js';
import { benchIntake } from './intake.js';
import { benchReconcile, type ReconcileBenchOptions } from './reconcile.js';
import { benchSync, type SyncBenchOptions } from './sync.js';

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
program
  .command('race')
  .description('concurrent changes to one person, many people at once; targeted API on and off')
  .option('--seeds <n>', 'people in each of the two runs', count, 100)
  .option('--first-seed <n>', 'the seed of the first', count, 1)
  .option('--changes <n>', 'changes of each person', count, 20)
  .option('--at-once <n>', 'people at once', count, 20)
  .option('--json', 'print JSON', false)
  .action(async (options: RaceBenchOptions) => {
    await benchRace(options);
  });
program
  .command('reconcile')
  .description('all leads of Marketo compared with Iterable and the consent log, and the breaker tripped')
  .option('--leads <n>', 'leads in Marketo', count, 1_000_000)
  .option('--unsubscribed-one-in <n>', 'one lead in so many is unsubscribed', count, 20)
  .option('--missed <n>', 'unsubscribed people whom Iterable still mails', count, 1_500)
  .option('--json', 'print JSON', false)
  .action(async (options: ReconcileBenchOptions) => {
    await benchReconcile(options);
  });
program
  .command('sync')
  .description(
    'all rows of a model to the sandbox at the documented rate, and by a plain script as the baseline',
  )
  .option('--rows <n>', 'rows of the model', count, 1_000_000)
  .option('--baseline-rows <n>', 'rows of the plain script', count, 50_000)
  .option('--answer-ms <n>', 'how long Iterable takes to answer', count, 300)
  .option('--json', 'print JSON', false)
  .action(async (options: SyncBenchOptions) => {
    await benchSync(options);
  });
program
  .command('diff')
  .description(
    'the plan of a sync over a sample of which little has changed, beside a bare SQL join and a hash map',
  )
  .option('--rows <n>', 'rows of the model', count, 1_000_000)
  .option('--changed-one-in <n>', 'one row in so many changes', count, 100)
  .option('--repeats <n>', 'each way is timed so often; the median counts', count, 3)
  .option('--json', 'print JSON', false)
  .action(async (options: DiffBenchOptions) => {
    await benchDiff(options);
  });
program
  .command('conserve')
  .description(
    'syncs at an Iterable on a bad day, their worker killed every few seconds: what is lost, what is sent twice',
  )
  .option('--seeds <n>', 'syncs, each of another sample', count, 50)
  .option('--first-seed <n>', 'the seed of the first', count, 1)
  .option('--rows <n>', 'rows of each sample', count, 20_000)
  .option('--bad <n>', 'rows of each that cannot be delivered, in eight ways', count, 200)
  .option('--kills <n>', 'kills of each worker at most', count, 3)
  .option('--kill-every-seconds <n>', 'seconds from a worker that is ready to its kill', count, 3)
  .option('--at-once <n>', 'syncs side by side', count, 1)
  .option('--json', 'print JSON', false)
  .action(async (options: ConserveBenchOptions) => {
    await benchConserve(options);
  });
await program.parseAsync();
