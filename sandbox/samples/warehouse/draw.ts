/** Chance in SQL: the same for the same seed, row and name, whichever thread asks. DuckDB's `hash` draws. */

/** SQL expressions for the row that `of` names. Each name is a draw of its own. */
export interface Draw {
  /** A whole number from 0 to `below` - 1. */
  readonly number: (name: string, below: number | string) => string;
  /** One of the texts; one that is there twice comes twice as often. */
  readonly text: (name: string, texts: readonly string[]) => string;
  /** True for so many percent of the rows. */
  readonly percent: (name: string, share: number) => string;
}

/** @param of SQL expressions that tell one row from another */
export function drawFor(seed: number, of: string): Draw {
  const number: Draw['number'] = (name, below) =>
    `CAST(hash(${of}, ${literal(name)}, ${seed}) % CAST(${below} AS UBIGINT) AS BIGINT)`;
  return {
    number,
    text: (name, texts) => `[${texts.map(literal).join(', ')}][1 + ${number(name, texts.length)}]`,
    percent: (name, share) => `(${number(name, 10_000)} < ${Math.round(share * 100)})`,
  };
}

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
