/** Fields by the dotted names under which Iterable speaks of them: `address.city`, also of each object in an array. */

/** Every value that the name reaches: several where an array of objects is on the way. */
export function valuesAt(fields: unknown, path: string): readonly unknown[] {
  if (Array.isArray(fields)) return fields.flatMap((element) => valuesAt(element, path));
  if (!isRecord(fields)) return [];
  const whole = Object.hasOwn(fields, path) ? [fields[path]] : [];
  const inside = dots(path).flatMap((at) => {
    const name = path.slice(0, at);
    return Object.hasOwn(fields, name) ? valuesAt(fields[name], path.slice(at + 1)) : [];
  });
  return [...whole, ...inside];
}

export function reachesField(fields: unknown, path: string): boolean {
  return valuesAt(fields, path).length > 0;
}

/** Field names may hold dots of their own: each one may be where a name ends. */
function dots(path: string): number[] {
  return [...path.matchAll(/\./g)].map(({ index }) => index);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
