/** Requests that never become one: too slow, too long or no HTTP at all. Answered on the bare connection. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { HttpMetrics } from './metrics.js';
import { PROBLEMS } from './problems.js';
import type { Problem } from './problems.js';

/** Codes of Node's HTTP server. @see https://nodejs.org/api/http.html#event-clienterror */
const CLIENT_PROBLEMS: Readonly<Record<string, Problem>> = {
  ERR_HTTP_REQUEST_TIMEOUT: PROBLEMS.tooSlow,
  HPE_HEADER_OVERFLOW: PROBLEMS.headersTooLarge,
};

export function answerClientError(
  error: Error & { readonly code?: string },
  socket: Socket,
  metrics: HttpMetrics,
): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, reason, errors } = CLIENT_PROBLEMS[error.code ?? ''] ?? PROBLEMS.badHttp;
  metrics.answered('none', status);
  metrics.rejected(reason);
  const body = JSON.stringify({ errors });
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
    () => socket.destroy(),
  );
}
