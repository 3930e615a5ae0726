/** `schedules list`, `schedules apply`. */
import type { ScheduleDescription } from '@temporalio/client';
import type { Command } from 'commander';
import {
  applySchedules,
  isPausedByUs,
  planSchedules,
  type ScheduleAction,
  type ScheduleChange,
} from '../../workers/schedules/apply.js';
import { facetsOf, facetsThere } from '../../workers/schedules/options.js';
import { wantedSchedules } from '../../workers/schedules/wanted.js';
import { withClient } from './context.js';
import { EXIT } from './exit-codes.js';
import { createOutput, table } from './output.js';

interface Options {
  readonly json: boolean;
}

export function addSchedulesCommands(program: Command): void {
  const schedules = program.command('schedules').description('what runs by the clock');
  schedules
    .command('list')
    .option('--json', 'print JSON', false)
    .description('list the schedules of these settings, and older ones of ours')
    .action(async (options: Options) => {
      const rows = await withClient(async ({ schedule }, config) =>
        (await planSchedules(schedule, wantedSchedules(config))).map(listing),
      );
      show(rows, options, ['schedule', 'UTC', 'now', 'next']);
      process.exitCode = EXIT.ok;
    });
  schedules
    .command('apply')
    .option('--dry-run', 'only say what would be done', false)
    .option('--json', 'print JSON', false)
    .description('make them as the settings of this shell want them, as every worker does at its start')
    .action(async (options: Options & { dryRun: boolean }) => {
      const change = options.dryRun ? planSchedules : applySchedules;
      const rows = await withClient(async ({ schedule }, config) =>
        (await change(schedule, wantedSchedules(config))).map((each) => ({
          schedule: each.scheduleId,
          [options.dryRun ? 'would' : 'did']: each.action,
          differs: each.differs.join(', '),
        })),
      );
      show(rows, options, ['schedule', options.dryRun ? 'would' : 'did', 'because of']);
      process.exitCode = EXIT.ok;
    });
}

type Row = Readonly<Record<string, string>>;

function listing({ scheduleId, action, differs, wanted, there }: ScheduleChange): Row {
  const when = there === undefined ? wanted && facetsOf(wanted).when : facetsThere(there).when;
  const isPaused = there?.state.paused ?? true;
  return {
    schedule: scheduleId,
    when: when ?? '',
    now: [stateOf(there), ...NOT_YET[action], ...differs].join(', '),
    next: isPaused ? '' : (there?.info.nextActionTimes[0]?.toISOString() ?? ''),
  };
}

const NOT_YET: Readonly<Record<ScheduleAction, readonly string[]>> = {
  unchanged: [],
  create: [],
  update: ['otherwise than wanted'],
  pause: ['not wanted'],
};

function stateOf(there: ScheduleDescription | undefined): string {
  if (there === undefined) return 'missing';
  if (!there.state.paused) return 'runs';
  return isPausedByUs(there) ? 'paused by the settings' : 'paused by hand';
}

function show(rows: readonly Row[], options: Options, head: readonly string[]): void {
  createOutput(options).result(rows, () =>
    rows.length === 0
      ? 'nothing runs by the clock: Marketo is not configured'
      : table(
          head,
          rows.map((row) => Object.values(row)),
        ),
  );
}
