/** Where commands write: results to standard output (as a table or as JSON), progress to standard error. */
import Table from 'cli-table3';

export interface Output {
  /** Results: one JSON document with `--json`, else what `text` says. */
  readonly result: (json: unknown, text: () => string) => void;
  /** One line that replaces itself on a terminal; silent elsewhere. */
  readonly progress: (line: string) => void;
}

export function createOutput(options: { readonly json: boolean }): Output {
  return {
    result: (json, text) => {
      clearProgress();
      process.stdout.write(`${options.json ? JSON.stringify(json, null, 2) : text()}\n`);
    },
    progress: (line) => {
      if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${line}`);
    },
  };
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001B[K');
}

/** Rows of text under a head, without colours: terminals, logs and mail show it alike. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const grid = new Table({ head: [...head], style: { head: [], border: [], compact: true } });
  grid.push(...rows.map((row) => [...row]));
  return grid.toString();
}
