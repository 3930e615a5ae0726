/** `sync ...`: runs of the models of recipes/models/. */
import type { Client } from '@temporalio/client';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { userInfo } from 'node:os';
import { ROW_VERDICTS, type RowVerdict } from '../../domain/sync-model.js';
import {
  approveUpdate,
  cancelUpdate,
  pauseUpdate,
  rejectUpdate,
  resumeUpdate,
  setRateUpdate,
  type SyncModelInput,
  type SyncProgress,
} from '../../workflows/sync-model/messages.js';
import { askWarehouse } from './ask-warehouse.js';
import { withClient } from './context.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { createOutput } from './output.js';
import { follow, modelOf, progressOf, runOf, startRun, tell, type SyncHandle } from './sync-runs.js';
import { barOf, historyText, progressText, reportOf, rowsText, runText } from './sync-text.js';

interface Options {
  readonly json: boolean;
}

export function addSyncCommands(program: Command): void {
  const sync = program.command('sync').description('rows of the warehouse models to Iterable');
  onModel(sync, 'start')
    .option('--wait', 'wait until it has ended, or waits for an approval', false)
    .description('start a run now')
    .action(async (name: string, options: Options & { wait: boolean }) => {
      process.exitCode = await start(name, options, { dryRun: false });
    });
  onModel(sync, 'dry-run')
    .description('say what a run would do; nothing is sent and nothing remembered')
    .action(async (name: string, options: Options) => {
      process.exitCode = await start(name, { ...options, wait: true }, { dryRun: true });
    });
  onModel(sync, 'status')
    .description('the run that is under way, or the last one')
    .action(async (name: string, options: Options) => {
      process.exitCode = await status(name, options);
    });
  onModel(sync, 'watch')
    .description('follow a run with a progress bar, until it has ended or waits for an approval')
    .action(async (name: string, options: Options) => {
      process.exitCode = await withClient((client) => arrive(client, runOf(client, modelOf(name)), options));
    });
  onModel(sync, 'retry-failed')
    .option('--wait', 'wait until it has ended, or waits for an approval', false)
    .description('start a run that tries every row again that Iterable has refused')
    .action(async (name: string, options: Options & { wait: boolean }) => {
      process.exitCode = await start(name, options, { dryRun: false, retryFailed: true });
    });
  addSteering(sync);
  addQuestions(sync);
}

function onModel(sync: Command, verb: string): Command {
  return sync
    .command(verb)
    .argument('<model>', 'name of a model in recipes/models/')
    .option('--json', 'print JSON', false);
}

function addSteering(sync: Command): void {
  onModel(sync, 'approve')
    .description('let a run go on that waits for an approval')
    .action((name: string, options: Options) =>
      steer(name, options, (run) => run.executeUpdate(approveUpdate, { args: [userInfo().username] })),
    );
  onModel(sync, 'reject')
    .requiredOption('--because <text>', 'why; kept with the run')
    .description('end a run that waits for an approval; nothing is sent, and the next run plans anew')
    .action((name: string, options: Options & { because: string }) =>
      steer(name, options, (run) => run.executeUpdate(rejectUpdate, { args: [options.because] })),
    );
  onModel(sync, 'pause')
    .description('send nothing more until it is resumed')
    .action((name: string, options: Options) =>
      steer(name, options, (run) => run.executeUpdate(pauseUpdate)),
    );
  onModel(sync, 'resume')
    .description('go on after a pause')
    .action((name: string, options: Options) =>
      steer(name, options, (run) => run.executeUpdate(resumeUpdate)),
    );
  onModel(sync, 'rate')
    .argument('<requests per second>', "at most Iterable's published limit", parseRate)
    .description('slow a run down, for as long as it lasts')
    .action((name: string, perSecond: number, options: Options) =>
      steer(name, options, (run) => run.executeUpdate(setRateUpdate, { args: [perSecond] })),
    );
  onModel(sync, 'cancel')
    .description('end a run: what is under way is settled, what is confirmed is remembered')
    .action((name: string, options: Options) =>
      steer(name, options, (run) => run.executeUpdate(cancelUpdate)),
    );
}

function addQuestions(sync: Command): void {
  onModel(sync, 'rows')
    .addOption(new Option('--verdict <verdict>', 'only these').choices(ROW_VERDICTS))
    .option('--run <run id>', 'as this run left them (default: as they are now)')
    .option('--limit <rows>', 'at most so many, 1000 at most', parseLimit, 100)
    .description('rows with their verdicts and reasons, by hash; the warehouse has them by key')
    .action(async (name: string, options: RowsOptions) => {
      process.exitCode = await rows(name, options);
    });
  onModel(sync, 'history')
    .option('--limit <runs>', 'at most so many', parseLimit, 20)
    .description('the latest runs')
    .action(async (name: string, options: Options & { limit: number }) => {
      const about = { model: modelOf(name).name, limit: options.limit };
      const runs = await withClient((client) => askWarehouse(client, { question: 'syncHistory', about }));
      createOutput(options).result(runs, () => historyText(runs));
      process.exitCode = EXIT.ok;
    });
}

async function start(
  name: string,
  options: Options & { readonly wait: boolean },
  how: Pick<SyncModelInput, 'dryRun' | 'retryFailed'>,
): Promise<ExitCode> {
  const model = modelOf(name);
  return withClient(async (client, config) => {
    const handle = await startRun(client, config, model, how);
    if (options.wait) return arrive(client, handle, options);
    createOutput(options).result({ workflowId: handle.workflowId }, () => `started ${handle.workflowId}`);
    return EXIT.ok;
  });
}

/** Exit code 0 for a run that was done, also where rows were refused: `sync rows` lists them. */
async function arrive(client: Client, handle: SyncHandle, options: Options): Promise<ExitCode> {
  const output = createOutput(options);
  const arrival = await follow(client, handle, (progress) => {
    output.progress(barOf(progress));
  });
  if (arrival.kind === 'awaiting-approval') {
    output.result(arrival.progress, () => progressText(arrival.progress));
    return EXIT.waiting;
  }
  output.result(reportOf(arrival.run), () => runText(arrival.run));
  return arrival.run.outcome === 'done' ? EXIT.ok : EXIT.someFailed;
}

async function status(name: string, options: Options): Promise<ExitCode> {
  const progress = await withClient((client) => progressOf(client, runOf(client, modelOf(name))));
  createOutput(options).result(progress, () => progressText(progress));
  return progress.phase === 'awaiting-approval' ? EXIT.waiting : EXIT.ok;
}

async function steer(
  name: string,
  options: Options,
  update: (run: SyncHandle) => Promise<SyncProgress>,
): Promise<void> {
  const progress = await withClient((client) => tell(client, modelOf(name), update));
  createOutput(options).result(progress, () => progressText(progress));
  process.exitCode = EXIT.ok;
}

interface RowsOptions extends Options {
  readonly verdict?: RowVerdict;
  readonly run?: string;
  readonly limit: number;
}

async function rows(name: string, { verdict, run, limit, json }: RowsOptions): Promise<ExitCode> {
  const about = {
    model: modelOf(name).name,
    limit,
    ...(verdict === undefined ? {} : { verdict }),
    ...(run === undefined ? {} : { runId: run }),
  };
  const found = await withClient((client) => askWarehouse(client, { question: 'syncRows', about }));
  createOutput({ json }).result(found, () => rowsText(found));
  return EXIT.ok;
}

function parseRate(value: string): number {
  const rate = Number(value);
  if (Number.isFinite(rate) && rate > 0) return rate;
  throw new InvalidArgumentError('Expected a number above 0.');
}

const MOST_ROWS = 1_000;

function parseLimit(value: string): number {
  const limit = Number(value);
  if (Number.isInteger(limit) && limit > 0 && limit <= MOST_ROWS) return limit;
  throw new InvalidArgumentError(`Expected a whole number from 1 to ${String(MOST_ROWS)}.`);
}
