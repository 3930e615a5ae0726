/** Iterable's published limits and what one worker makes of them, for docs/operations.md. */
import { ENDPOINTS, PUBLISHED_PER_SECOND, UNPUBLISHED } from '../../activities/iterable/endpoints.js';
import { USED_OF_PUBLISHED } from '../../activities/iterable/limits.js';
import { code, markdownTable } from './generated.js';

const SHARES = [1, 0.5, 0.25] as const;

export function iterableLimitsTable(): string {
  const rows = Object.values(ENDPOINTS).map(({ method, path, limit, docs }) => {
    const published = PUBLISHED_PER_SECOND[limit];
    return [
      `[${code(`${method} ${path}`)}](${docs})`,
      UNPUBLISHED.has(limit) ? `none; ours is ${published}` : String(published),
      ...SHARES.map((share) => String(published * USED_OF_PUBLISHED * share)),
    ];
  });
  const shares = SHARES.map((share) => `Share ${share}`);
  return markdownTable(['Endpoint', 'Published, calls/s', ...shares], rows);
}
