/** What scripts may rely on: the exit codes of every `npm run recipes` command. Listed in docs/commands.md. */
export const EXIT = {
  /** Everything asked for has happened. */
  ok: 0,
  /** It ran, and some items did not end as wanted; the output says which. */
  someFailed: 1,
  /** Wrong arguments or settings: nothing was done. */
  usage: 2,
  /** Waits for a person's approval. */
  waiting: 3,
  /** Gateway or Temporal did not answer: some of it may have been done; running it again is safe. */
  unreachable: 4,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An error whose message is meant for the operator, with the exit code it stands for. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
