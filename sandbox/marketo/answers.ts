/** The shapes in which Marketo answers, and how a handler refuses. */
import type { FileHandle } from 'node:fs/promises';

export interface Answer {
  readonly status: number;
  /** `raw-json`: text that says it is JSON. */
  readonly type: 'json' | 'raw-json' | 'text' | 'html' | 'csv';
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes of a file that take the place of the body; both ends included. */
  readonly file?: { readonly handle: FileHandle; readonly start: number; readonly end: number };
}

/** Thrown by a handler when the whole request is refused. */
export class Refusal extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Thrown where an answer is given outside of the envelope. */
export class Instead extends Error {
  readonly answer: Answer;
  constructor(answer: Answer) {
    super(`answered with status ${answer.status}`);
    this.answer = answer;
  }
}

let requests = 0;

/** `e42b#14272d07d78`, as Marketo numbers requests. */
export function requestId(): string {
  requests += 1;
  return `${(0xe000 + (requests % 0x1000)).toString(16)}#${(0x14272d07000 + requests).toString(16)}`;
}

export const plainJson = (status: number, body: unknown): Answer => ({ status, type: 'json', body });
export const text = (status: number, body: string): Answer => ({ status, type: 'text', body });
export const html = (status: number, body: string): Answer => ({ status, type: 'html', body });

/** Success with what an endpoint says: `result`, `nextPageToken`, `moreResult`, `warnings`. */
export function envelope(parts: Readonly<Record<string, unknown>>): Answer {
  return plainJson(200, { requestId: requestId(), ...parts, success: true });
}

export function envelopeError(code: string, message: string): Answer {
  return plainJson(200, { requestId: requestId(), success: false, errors: [{ code, message }] });
}

/** Whether Marketo did what was asked: only such calls count against quota and rate. */
export function isSuccess(answer: Answer): boolean {
  if (answer.type === 'csv') return true;
  const { body } = answer;
  return typeof body === 'object' && body !== null && 'success' in body && body.success === true;
}
