/** What the demo prints at its end. */
import { table } from '../recipes/output.js';

/** One line of a table: what should have been counted, and what was. */
export interface Count {
  readonly what: string;
  readonly expected: number;
  readonly counted: number;
}

/** What one part of the tour has come to. */
export interface Section {
  readonly title: string;
  readonly counts: readonly Count[];
  /** Printed below the table: figures that differ from run to run. */
  readonly notes?: readonly string[];
}

/** Prints a table for each section, and the UI's address. @returns whether every number is as expected */
export function reportTour(sections: readonly Section[], { uiUrl }: { readonly uiUrl: string }): boolean {
  for (const { title, counts, notes = [] } of sections) {
    const rows = counts.map(({ what, expected, counted }) => [
      what,
      String(counted),
      counted === expected ? 'as expected' : `expected ${String(expected)}`,
    ]);
    process.stdout.write(`\n${table([title, 'count', ''], rows)}\n`);
    for (const note of notes) process.stdout.write(`${note}\n`);
  }
  process.stdout.write(`\nTemporal UI, payloads decoded: ${uiUrl}\n`);
  return sections.every(({ counts }) => counts.every(({ expected, counted }) => counted === expected));
}
