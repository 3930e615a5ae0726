/** Signs of life of an activity: a lost worker is noticed within a heartbeat timeout, and cancellations come with them. */
import { Context } from '@temporalio/activity';

const EVERY_MS = 2_000;

/**
 * @param details what each heartbeat holds, as it is by then; nothing where what is done stands elsewhere
 * @returns a function that ends them
 */
export function startHeartbeats(details?: unknown): () => void {
  const context = Context.current();
  const timer = setInterval(() => {
    context.heartbeat(details);
  }, EVERY_MS);
  return () => {
    clearInterval(timer);
  };
}

/** Does the work with heartbeats until it ends. */
export async function beating<T>(work: () => Promise<T>, details?: unknown): Promise<T> {
  const end = startHeartbeats(details);
  try {
    return await work();
  } finally {
    end();
  }
}
