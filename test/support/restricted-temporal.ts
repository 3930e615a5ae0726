/** A Temporal that refuses operator commands, as Temporal Cloud does: the real server behind a proxy that says no. */
import { once } from 'node:events';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { connect, createServer, type ServerHttp2Stream } from 'node:http2';
import { z } from 'zod';

export interface RestrictedTemporal {
  readonly address: string;
  readonly close: () => void;
}

/** gRPC's number for what the server answers. @see https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
export const REFUSAL = { permissionDenied: 7, unimplemented: 12 } as const;

export async function restrictTemporal(address: string, refusal: number): Promise<RestrictedTemporal> {
  const upstream = connect(`http://${address}`);
  const server = createServer();
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    if (String(headers[':path']).startsWith('/temporal.api.operatorservice.')) {
      const answer = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': refusal };
      stream.respond(answer, { endStream: true });
      return;
    }
    const { ':method': method, ':path': path, ':authority': _, ':scheme': _scheme, ...rest } = headers;
    const request = upstream.request({ ...rest, ':method': method, ':path': path });
    stream.pipe(request);
    let trailers: OutgoingHttpHeaders = {};
    request.on('trailers', (received: IncomingHttpHeaders) => (trailers = received));
    stream.on('wantTrailers', () => {
      stream.sendTrailers(trailers);
    });
    request.on('response', (answer) => {
      // A refusal comes without a body, and has its status among the headers.
      const isWhole = answer['grpc-status'] !== undefined;
      stream.respond(answer, isWhole ? { endStream: true } : { waitForTrailers: true });
      if (!isWhole) request.pipe(stream);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return {
    address: `127.0.0.1:${port}`,
    close: () => {
      server.close();
      upstream.destroy();
    },
  };
}
