/** `consent reconcile`: start a comparison by hand, see what runs, and decide about one that waits for an approval. */
import type { Client, WorkflowHandle } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import { Option, type Command } from 'commander';
import { CONSENT_RECIPE } from '../../workflows/person-consent/start.js';
import {
  approveUpdate,
  RECONCILE_CONSENT,
  reconcileStateQuery,
  rejectUpdate,
  type ReconcileInput,
  type ReconcileResult,
  type ReconcileState,
} from '../../workflows/reconcile-consent/messages.js';
import { searchAttributes } from '../../workflows/shared/search-attributes.js';
import { withClient } from './context.js';
import { CommandError, EXIT, type ExitCode } from './exit-codes.js';
import { createOutput, table } from './output.js';

type Run = WorkflowHandle<(input: ReconcileInput) => Promise<ReconcileResult>>;
interface Listed extends ReconcileState {
  readonly workflowId: string;
}

export function addReconcileCommands(consent: Command): void {
  const reconcile = consent
    .command('reconcile')
    .description('compare Marketo with Iterable and the consent log, and opt out whoever was missed');
  reconcile
    .command('start')
    .addOption(
      new Option('--scope <scope>', 'the last days, or every unsubscribed lead')
        .choices(['recent', 'all'])
        .default('recent'),
    )
    .option('--json', 'print JSON', false)
    .description('start a comparison now')
    .action(async (options: { scope: ReconcileInput['scope']; json: boolean }) => {
      process.exitCode = await start(options);
    });
  reconcile
    .command('list')
    .option('--json', 'print JSON', false)
    .description('comparisons that run or wait for an approval')
    .action(async (options: { json: boolean }) => {
      process.exitCode = await list(options);
    });
  deciding(reconcile.command('approve'), 'opt out everybody whom a waiting comparison has found').action(
    async (options: { id?: string; json: boolean }) => {
      process.exitCode = await decide(options, (run) => run.executeUpdate(approveUpdate));
    },
  );
  deciding(reconcile.command('reject'), 'opt out nobody; the next comparison finds them again')
    .requiredOption('--because <text>', 'why; kept with the comparison')
    .action(async (options: { id?: string; because: string; json: boolean }) => {
      process.exitCode = await decide(options, (run) =>
        run.executeUpdate(rejectUpdate, { args: [options.because] }),
      );
    });
}

function deciding(command: Command, description: string): Command {
  return command
    .option('--id <workflow id>', 'this comparison; needed where several wait')
    .option('--json', 'print JSON', false)
    .description(description);
}

async function start(options: { scope: ReconcileInput['scope']; json: boolean }): Promise<ExitCode> {
  return withClient(async (client, { deployEnvironment: environment }) => {
    const { workflowId } = await client.workflow.start<(input: ReconcileInput) => Promise<ReconcileResult>>(
      RECONCILE_CONSENT,
      {
        taskQueue: 'recipes',
        workflowId: `reconcileConsent/by-hand-${options.scope}`,
        workflowIdConflictPolicy: 'USE_EXISTING',
        args: [{ scope: options.scope, environment }],
        typedSearchAttributes: new TypedSearchAttributes([
          { key: searchAttributes.recipe, value: CONSENT_RECIPE },
          { key: searchAttributes.environment, value: environment },
        ]),
        staticSummary: `compare Marketo with Iterable: ${options.scope}, by hand`,
        priority: { priorityKey: 5 },
      },
    );
    createOutput(options).result({ workflowId }, () => `started ${workflowId}`);
    return EXIT.ok;
  });
}

async function list(options: { json: boolean }): Promise<ExitCode> {
  return withClient(async (client) => {
    const rows = await running(client);
    createOutput(options).result(rows, () =>
      rows.length === 0
        ? 'no comparison runs'
        : table(
            ['comparison', 'phase', 'extracts', 'to opt out', 'why it waits'],
            rows.map(({ workflowId, phase, extracts, counts, breaker }) => [
              workflowId,
              phase,
              `${extracts.compared}/${extracts.open + extracts.compared + extracts.lost}`,
              String(counts.toStart),
              breaker.join('; '),
            ]),
          ),
    );
    return rows.some(({ phase }) => phase === 'awaiting-approval') ? EXIT.waiting : EXIT.ok;
  });
}

async function decide(
  options: { readonly id?: string; readonly json: boolean },
  update: (run: Run) => Promise<ReconcileState>,
): Promise<ExitCode> {
  return withClient(async (client) => {
    const waiting = (await running(client)).filter(
      ({ workflowId, phase }) =>
        phase === 'awaiting-approval' && (options.id === undefined || options.id === workflowId),
    );
    const [only, ...others] = waiting;
    if (only === undefined) throw new CommandError(EXIT.someFailed, 'no comparison waits for an approval');
    if (others.length > 0)
      throw new CommandError(
        EXIT.usage,
        `several wait; say which with --id: ${waiting.map(({ workflowId }) => workflowId).join(', ')}`,
      );
    const state = await update(client.workflow.getHandle(only.workflowId));
    createOutput(options).result(
      { ...state, workflowId: only.workflowId },
      () => `decided: ${only.workflowId}`,
    );
    return EXIT.ok;
  });
}

async function running(client: Client): Promise<Listed[]> {
  const rows: Listed[] = [];
  const query = `WorkflowType = '${RECONCILE_CONSENT}' AND ExecutionStatus = 'Running'`;
  for await (const { workflowId } of client.workflow.list({ query })) {
    const state = await client.workflow.getHandle(workflowId).query(reconcileStateQuery);
    rows.push({ ...state, workflowId });
  }
  return rows;
}
