/** The shapes in which Iterable answers, and how a handler refuses. */

export interface Answer {
  readonly status: number;
  readonly type: 'json' | 'text' | 'html' | 'none';
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether something was written. */
  readonly applied: boolean;
}

export type Params = Readonly<Record<string, unknown>> | null;

/** Thrown by a handler when the whole request is refused; the server sends `answer`. */
export class Refusal extends Error {
  readonly answer: Answer;
  constructor(answer: Answer) {
    super(`refused with status ${answer.status}`);
    this.answer = answer;
  }
}

export const json = (body: unknown, applied = false): Answer => ({
  status: 200,
  type: 'json',
  body,
  applied,
});

export const text = (status: number, body: string): Answer => ({
  status,
  type: 'text',
  body,
  applied: false,
});

/** Iterable's usual success, `{msg, code, params}`. */
export const success = (msg: string, params: Params = null): Answer =>
  json({ msg, code: 'Success', params }, true);

/** Iterable's usual refusal, `{msg, code, params}`. */
export function refused(status: number, code: string, msg: string, params: Params = null): Answer {
  return { status, type: 'json', body: { msg, code, params }, applied: false };
}

export function refuse(status: number, code: string, msg: string, params: Params = null): Refusal {
  return new Refusal(refused(status, code, msg, params));
}

export const badParams = (msg: string, params: Params = null): Refusal =>
  refuse(400, 'BadParams', msg, params);

/** The other shape, which the subscription and catalog endpoints use. */
export function refusedInEnvelope(status: number, error: string, what: string, message: string): Answer {
  const code = `error.subscriptions.${what}`;
  return { status, type: 'json', body: { error, message, code, data: {} }, applied: false };
}

/** What Iterable's web framework says to an address that it does not know. */
export function actionNotFound(path: string, asHtml: boolean): Answer {
  if (!asHtml) return refused(404, 'NotFound', `Not found: ${path}`);
  const body =
    '<!DOCTYPE html><html><head><title>Action not found</title></head><body><h1>Action not found</h1></body></html>';
  return { status: 404, type: 'html', body, applied: false };
}

/** The body as it goes over the wire. */
export function serialise(answer: Answer): string {
  if (answer.type === 'none') return '';
  return typeof answer.body === 'string' && answer.type !== 'json'
    ? answer.body
    : JSON.stringify(answer.body);
}
