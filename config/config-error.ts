/** One setting that keeps the process from starting. Never holds the value of a secret. */
export interface Problem {
  /** Name of the variable. */
  readonly variable: string;
  /** What is wrong, and where a fixed set of values is meant, which. */
  readonly reason: string;
  /** A value that would be accepted; left out where the reason already lists them. */
  readonly example?: string | undefined;
}

/** Everything that is wrong with the environment, found in one pass. Commands print the message and exit with 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const variables = new Set(problems.map(({ variable }) => variable));
    const width = Math.max(...problems.map(({ variable }) => variable.length));
    const count =
      variables.size === 1 ? '1 setting needs attention:' : `${variables.size} settings need attention:`;
    super(
      [count, ...problems.map((problem) => `  ${problem.variable.padEnd(width)}  ${sentence(problem)}`)].join(
        '\n',
      ),
    );
    this.problems = problems;
  }
}

function sentence({ reason, example }: Problem): string {
  return example === undefined ? reason : `${reason}; example ${example}`;
}
