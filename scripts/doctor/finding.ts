/** What the doctor has to say: one finding per thing looked at. Codes, counts and names of settings only. */

export interface Finding {
  /** What was looked at, such as `iterable`. */
  readonly check: string;
  /** `note`: worth knowing, and nothing to mend before events flow. */
  readonly status: 'ok' | 'note' | 'wrong';
  readonly says: string;
  /** What mends it: commands to run, or settings to change. */
  readonly todo: readonly string[];
}

type Tell = (check: string, says: string, todo?: readonly string[]) => Finding;

const tell =
  (status: Finding['status']): Tell =>
  (check, says, todo = []) => ({ check, status, says, todo });

export const ok = tell('ok');
export const note = tell('note');
export const wrong = tell('wrong');

/** One line each, and what to do below it. */
export function asText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  return findings
    .flatMap(({ check, status, says, todo }) => [
      `${status.padEnd('wrong'.length)}  ${check.padEnd(width)}  ${says}`,
      ...todo.map((step) => `${' '.repeat('wrong'.length + width + 4)}${step}`),
    ])
    .join('\n');
}
