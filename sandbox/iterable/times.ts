/** Times as Iterable writes them into answers: `2024-01-15 09:30:00 +00:00`. */
export function iterableTime(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} +00:00`;
}
