/** Finds variables that are probably misspelt settings: they would otherwise do nothing, silently. */

/** Read by Temporal's own tools under our prefix; no typos. */
const NOT_OURS = /^TEMPORAL_(GRPC_META|CODEC|CLI|TLS|UI|CLOUD)_/;

/**
 * @param names names in the environment
 * @param known all names that mean something
 * @returns one sentence for each name that shares a prefix with the known ones and differs from one of them in at
 * most a third of its characters
 */
export function typoWarnings(names: readonly string[], known: readonly string[]): string[] {
  const prefixes = new Set(known.map(prefixOf));
  return names
    .filter((name) => prefixes.has(prefixOf(name)) && !known.includes(name) && !NOT_OURS.test(name))
    .sort()
    .flatMap((name) => {
      const nearest = nearestTo(name, known);
      return nearest === undefined
        ? []
        : [`${name} is no setting and does nothing; did you mean ${nearest}?`];
    });
}

const prefixOf = (name: string): string => name.slice(0, name.indexOf('_') + 1);

function nearestTo(name: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  if (best === undefined) return undefined;
  return best.distance <= Math.max(name.length, best.candidate.length) / 3 ? best.candidate : undefined;
}

/** Fewest insertions, deletions and replacements of one character that turn one text into the other (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
