/** All operator commands in one tree, from which the help and docs/commands.md are written. */
import { Command } from 'commander';
import { EXIT } from './exit-codes.js';
import { addCodecCommand } from './codec-command.js';
import { addConsentCommands } from './consent-commands.js';
import { addEventsCommands } from './events-commands.js';
import { addKeysCommands } from './keys-commands.js';
import { addParkedCommands } from './parked-commands.js';
import { addSchedulesCommands } from './schedules-commands.js';
import { addSyncCommands } from './sync-commands.js';

export function createProgram(): Command {
  const program = new Command('recipes')
    .description('operate the recipes')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage));
  addEventsCommands(program);
  addParkedCommands(program);
  addConsentCommands(program);
  addSyncCommands(program);
  addSchedulesCommands(program);
  addCodecCommand(program);
  addKeysCommands(program);
  return program;
}
