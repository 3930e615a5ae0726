/** Everything that was received, in the order in which it was dealt with. */
import type { IncomingHttpHeaders } from 'node:http';

export interface RecordedRequest {
  readonly method: string;
  /** As sent, percent-encoded, without the query. */
  readonly path: string;
  /** Path of the endpoint, such as `/api/users/{email}`; nothing for an unknown URL. */
  readonly route: string | undefined;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON. Nothing when there was none, it was broken, or bodies are not recorded. */
  readonly body: unknown;
  readonly rawBytes: number;
  /** ms since 1970, by the sandbox's clock. */
  readonly atMs: number;
  /** What was answered; `hang` for never, `cut` for a closed connection. */
  readonly status: number | 'cut' | 'hang';
  /** Whether it wrote something, answered or not. */
  readonly applied: boolean;
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
