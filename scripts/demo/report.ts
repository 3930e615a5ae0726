/** What the demo prints at its end. */
import { table } from '../recipes/output.js';
import type { Stage } from './stage.js';
import type { Count } from './tour.js';

/** Prints one table and the UI's address. @returns whether every number is as expected */
export function reportTour(counts: readonly Count[], { uiUrl }: Stage): boolean {
  const rows = counts.map(({ what, expected, counted }) => [
    what,
    String(counted),
    counted === expected ? 'as expected' : `expected ${String(expected)}`,
  ]);
  process.stdout.write(`\n${table(['product events', 'count', ''], rows)}\n`);
  process.stdout.write(`Temporal UI, payloads decoded: ${uiUrl}\n`);
  return counts.every(({ expected, counted }) => counted === expected);
}
