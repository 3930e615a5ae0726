/** What scripts may rely on: the exit codes of every `npm run recipes` command, and of `npm run doctor`. */
export const EXIT = { ok: 0, someFailed: 1, usage: 2, waiting: 3, unreachable: 4 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What each code says; docs/commands.md lists them. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'Everything asked for has happened.',
  someFailed: 'It ran, and some items did not end as wanted; the output says which.',
  usage: 'Wrong arguments or settings: nothing was done.',
  waiting: 'Not finished yet: it goes on by itself (a release during an outage), or waits for an approval.',
  unreachable: 'Gateway or Temporal did not answer: some of it may have been done; running it again is safe.',
};

/** An error whose message is meant for the operator, with the exit code it stands for. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
