/** docs/commands.md, from the same tree of commands that `npm run recipes` runs. */
import type { Argument, Command, Option } from 'commander';
import { EXIT, EXIT_MEANINGS } from '../recipes/exit-codes.js';
import { createProgram } from '../recipes/program.js';
import { code, markdownTable } from './generated.js';

/** A command that does something, with the words that lead to it. */
export interface CommandLeaf {
  /** `parked release` */
  readonly words: string;
  readonly command: Command;
}

/** The commands at the ends of the tree, in the order of the help. */
export function leavesOf(command: Command, above: readonly string[] = []): readonly CommandLeaf[] {
  if (command.commands.length === 0) return [{ words: above.join(' '), command }];
  return command.commands.flatMap((below) => leavesOf(below, [...above, below.name()]));
}

/** One section per command: what it does, its arguments and its options. */
export function commandsReference(program = createProgram()): string {
  return leavesOf(program).map(section).join('\n\n');
}

/** The exit codes of all commands. */
export function exitCodesTable(): string {
  const rows = Object.entries(EXIT_MEANINGS).map(([name, meaning]) => [codeOf(name), meaning]);
  return markdownTable(['Exit code', 'Meaning'], rows);
}

function codeOf(name: string): string {
  return String(Object.entries(EXIT).find(([known]) => known === name)?.[1]);
}

function section({ words, command }: CommandLeaf): string {
  const rows = [...command.registeredArguments.map(argumentRow), ...command.options.map(optionRow)];
  return [
    `### ${code(words)}`,
    sentence(command.description()),
    ...(rows.length === 0 ? [] : [markdownTable(['Argument or option', 'Meaning', 'Default'], rows)]),
  ].join('\n\n');
}

function argumentRow(argument: Argument): string[] {
  const name = argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
  return [code(name), sentence(argument.description), defaultOf(argument)];
}

function optionRow(option: Option): string[] {
  const needed = option.mandatory ? ' Needed.' : '';
  return [code(option.flags), `${sentence(option.description)}${needed}`, defaultOf(option)];
}

/** A described default is told by its description: the value itself may change from day to day. */
function defaultOf({ defaultValue, defaultValueDescription }: Argument | Option): string {
  const value: unknown = defaultValue;
  if (defaultValueDescription !== undefined) return defaultValueDescription;
  if (value === undefined || value === false) return '';
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.map((each) => code(typeof each === 'string' ? each : JSON.stringify(each))).join(', ');
}

function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
