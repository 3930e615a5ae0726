/** Heartbeats without details: what is done stands in the ledger. They bring cancellations. */
import { Context } from '@temporalio/activity';

const EVERY_MS = 2_000;

/** @returns a function that ends them */
export function startHeartbeats(): () => void {
  const context = Context.current();
  const timer = setInterval(() => {
    context.heartbeat();
  }, EVERY_MS);
  return () => {
    clearInterval(timer);
  };
}
