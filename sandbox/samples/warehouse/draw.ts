/** Chance in SQL: the same for the same seed, row and name, whichever thread asks. DuckDB's `hash` draws. */
import { createHash } from 'node:crypto';

/** SQL expressions for the row that `of` names. Each name is a draw of its own. */
export interface Draw {
  /** A whole number from 0 to `below` - 1. */
  readonly number: (name: string, below: number | string) => string;
  /** One of the texts; one that is there twice comes twice as often. */
  readonly text: (name: string, texts: readonly string[]) => string;
  /** True for so many percent of the rows. */
  readonly percent: (name: string, share: number) => string;
}

/** @param of SQL expression of a whole number that tells one row from another */
export function drawFor(seed: number, of: string): Draw {
  const number: Draw['number'] = (name, below) =>
    `CAST(hash((${of}) + ${offsetOf(`${seed} ${name}`)}) % CAST(${below} AS UBIGINT) AS BIGINT)`;
  return {
    number,
    text: (name, texts) => `${textList(texts)}[1 + ${number(name, texts.length)}]`,
    percent: (name, share) => `(${number(name, 10_000)} < ${Math.round(share * 100)})`,
  };
}

/** Far enough apart that the rows of two draws hardly ever meet. One number hashes faster than several values. */
function offsetOf(name: string): number {
  return createHash('sha256').update(name).digest().readUIntBE(0, 6);
}

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export const textList = (texts: readonly string[]): string => `[${texts.map(literal).join(', ')}]`;
