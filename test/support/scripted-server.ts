/** A real HTTP server on 127.0.0.1 that answers exactly what a test says: for answers that no simulated system gives. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';

export interface SeenRequest {
  readonly method: string;
  /** With the query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}
export type Scripted =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** Text as it is; anything else as JSON. */
      readonly body?: unknown;
    }
  | 'hang'
  | 'cut';

type Answering = (request: SeenRequest) => Scripted | Promise<Scripted>;

export interface ScriptedServer {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  /** Replaces what is answered from now on. */
  readonly script: (answer: Answering) => void;
  readonly close: () => Promise<void>;
}

export async function startScriptedServer(answer: Answering): Promise<ScriptedServer> {
  const seen: SeenRequest[] = [];
  let current = answer;
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks = await request.toArray();
    const { method = '', url = '', headers } = request;
    const noted = { method, url, headers, body: chunks.map(String).join('') };
    seen.push(noted);
    reply(await current(noted), response);
  };
  const server = createServer((request, response) => void handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    seen,
    script: (next) => {
      current = next;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function reply(answer: Scripted, response: ServerResponse): void {
  if (answer === 'hang') return;
  if (answer === 'cut') {
    response.destroy();
    return;
  }
  response.writeHead(answer.status, answer.headers);
  response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
}
