import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { acceptTogether } from '../../gateway/accept-together.js';

const CONNECTIONS = 150;
const BUSY_MS = 2;

/** Keeps the event loop busy, as parsing and checking a request does. */
function work(): void {
  const untilMs = performance.now() + BUSY_MS;
  while (performance.now() < untilMs);
}

describe('a burst of connections', () => {
  let server: Server;
  let sockets: Socket[] = [];
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });

  async function listen(): Promise<number> {
    acceptTogether(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('not listening on a port');
    return address.port;
  }

  /** Each connection asks again as soon as it is answered; the run ends when each has been answered once. */
  async function askOnAll(port: number): Promise<number[]> {
    const answers = Array.from({ length: CONNECTIONS }, () => 0);
    await Promise.all(
      answers.map(async (_none, index) => {
        const socket = connect(port, '127.0.0.1');
        sockets.push(socket);
        const ask = (): boolean => socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
        ask();
        await once(socket, 'data');
        answers[index] = 1;
        ask();
        socket.on('data', () => {
          answers[index] = (answers[index] ?? 0) + 1;
          ask();
        });
      }),
    );
    return answers;
  }

  it('is served evenly: none waits while others are served over and over', async () => {
    sockets = [];
    server = createServer((_request, response) => {
      work();
      response.end('ok');
    });
    const port = await listen();
    expect(Math.max(...(await askOnAll(port)))).toBeLessThanOrEqual(CONNECTIONS / 10);
  });

  it('survives connections that are reset before they are read', async () => {
    sockets = [];
    server = createServer((_request, response) => response.end('ok'));
    const port = await listen();
    for (let n = 0; n < 20; n += 1) {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      socket.resetAndDestroy();
    }
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(String(await once(socket, 'data'))).toContain('200 OK');
  });
});
