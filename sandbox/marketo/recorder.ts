/** Everything that was received, in the order in which it was dealt with. Secrets are not kept. */
import type { IncomingHttpHeaders } from 'node:http';

export interface RecordedRequest {
  readonly method: string;
  /** As sent, percent-encoded, without the query. */
  readonly path: string;
  /** Path of the endpoint, such as `/rest/v1/lead/{id}.json`; nothing for an unknown URL. */
  readonly route: string | undefined;
  /** Of the URL; names that come repeatedly joined by commas. */
  readonly query: Readonly<Record<string, string>>;
  /** What `authorization` held, beside its scheme, is blanked out. */
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON, or a form as a record. Nothing when there was none, it was broken, or bodies are not recorded. */
  readonly body: unknown;
  readonly rawBytes: number;
  readonly uriBytes: number;
  /** ms since 1970, by the sandbox's clock. */
  readonly atMs: number;
  /** What was answered; `hang` for never, `cut` for a closed connection. */
  readonly status: number | 'cut' | 'hang';
  /** `success`, the codes of `errors` joined by commas, or nothing where there was no envelope. */
  readonly said: string | undefined;
}

export class Recorder {
  #all: RecordedRequest[] = [];
  #byPath = new Map<string, RecordedRequest[]>();

  add(request: RecordedRequest): void {
    this.#all.push(request);
    for (const path of new Set([request.path, request.route ?? request.path])) {
      const ofPath = this.#byPath.get(path);
      if (ofPath === undefined) this.#byPath.set(path, [request]);
      else ofPath.push(request);
    }
  }

  received(path?: string): readonly RecordedRequest[] {
    return [...(path === undefined ? this.#all : (this.#byPath.get(path) ?? []))];
  }

  clear(): void {
    this.#all = [];
    this.#byPath = new Map();
  }
}

const HIDDEN = '(hidden)';
const SECRETS = new Set(['client_secret', 'access_token']);

export function withoutSecrets<T>(values: Readonly<Record<string, T>>): Readonly<Record<string, T | string>> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, SECRETS.has(name) ? HIDDEN : value]),
  );
}

export function headersWithoutSecrets(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { authorization, ...others } = headers;
  if (authorization === undefined) return headers;
  return { ...others, authorization: `${authorization.split(' ')[0] ?? ''} ${HIDDEN}` };
}
