/**
 * Takes bursts of new connections whole. Node accepts one connection per turn of its event loop; once the first ones
 * of a burst are served, a turn takes as long as their requests do, and the last ones wait for seconds, until the
 * load ends. So new connections are held, unread, until a turn brings no further one, and then begin together.
 * @see https://github.com/libuv/libuv/pull/3696 one accept per turn
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Under steady load there is always one more: nobody is held for longer. */
const LONGEST_HOLD_MS = 100;

/** Call before the server listens. */
export function acceptTogether(server: Server): void {
  const begin = server.listeners('connection');
  server.removeAllListeners('connection');
  let held: Socket[] = [];
  let heldSinceMs = 0;

  const beginAll = (): void => {
    const sockets = held;
    held = [];
    for (const socket of sockets) for (const listener of begin) listener.call(server, socket);
  };
  const afterTurn = (seen: number): void => {
    if (held.length === seen || performance.now() - heldSinceMs > LONGEST_HOLD_MS) beginAll();
    else setImmediate(afterTurn, held.length);
  };
  server.on('connection', (socket: Socket) => {
    if (held.length === 0) {
      heldSinceMs = performance.now();
      setImmediate(afterTurn, 0);
    }
    held.push(socket);
  });
}
