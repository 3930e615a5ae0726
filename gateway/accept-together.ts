/**
 * Takes bursts of new connections whole. Node accepts one connection per turn of its event loop; once the first ones
 * of a burst are served, a turn takes as long as their requests do, and the last ones wait for seconds, until the
 * load ends. So new connections are held, unread, until no further one comes, and then begin together.
 * @see https://github.com/libuv/libuv/pull/3696 one accept per turn
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** A burst has ended when nothing has come for so long. Costs a new connection this much once. */
const QUIET_MS = 12;
/** Under steady load there is always one more: nobody is held for longer. */
const LONGEST_HOLD_MS = 300;

function drop(this: Socket): void {
  this.destroy();
}

/** Call before the server listens. */
export function acceptTogether(server: Server): void {
  const begin = server.listeners('connection');
  server.removeAllListeners('connection');
  let held: Socket[] = [];
  let firstMs = 0;
  let lastMs = 0;

  const beginAll = (): void => {
    const sockets = held;
    held = [];
    for (const socket of sockets) {
      socket.off('error', drop);
      if (!socket.destroyed) for (const listener of begin) listener.call(server, socket);
    }
  };
  /** Timers come before the turn's accept: after a busy spell, a look at the clock alone would miss who waits. */
  const look = (): void => {
    setImmediate(afterAccept, held.length);
  };
  const afterAccept = (seen: number): void => {
    const nowMs = performance.now();
    const isQuiet = held.length === seen && nowMs - lastMs >= QUIET_MS;
    if (isQuiet || nowMs - firstMs >= LONGEST_HOLD_MS) beginAll();
    else setTimeout(look, QUIET_MS);
  };
  server.on('connection', (socket: Socket) => {
    lastMs = performance.now();
    if (held.length === 0) {
      firstMs = lastMs;
      setTimeout(look, QUIET_MS);
    }
    socket.on('error', drop); // a connection may be reset before anybody reads it
    held.push(socket);
  });
}
