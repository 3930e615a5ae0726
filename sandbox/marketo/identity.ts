/** Access tokens: one at a time, the same for everybody who asks, each for an hour. */
import { randomUUID } from 'node:crypto';
import { html, plainJson } from './answers.js';
import type { Answer } from './answers.js';

export interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

const REMEMBERED = 1000;

export class AccessTokens {
  #current: { readonly token: string; readonly expiresAtMs: number } | undefined;
  /** Tokens that are over, and whether a caller has been told 602. */
  readonly #over = new Map<string, boolean>();

  /** @returns the token, with the seconds that are left of it */
  ask(nowMs: number, lastsMs: number): { readonly token: string; readonly expiresInSeconds: number } {
    if (this.#current === undefined || this.#current.expiresAtMs <= nowMs) {
      this.expire();
      this.#current = { token: `${randomUUID()}:int`, expiresAtMs: nowMs + lastsMs };
    }
    const { token, expiresAtMs } = this.#current;
    return { token, expiresInSeconds: Math.floor(Math.max(0, expiresAtMs - nowMs) / 1000) };
  }

  expire(): void {
    if (this.#current !== undefined) this.#over.set(this.#current.token, false);
    this.#current = undefined;
    const [oldest] = this.#over.keys();
    if (this.#over.size > REMEMBERED && oldest !== undefined) this.#over.delete(oldest);
  }

  /** @returns the code of the refusal: 602 at the first use after the end, 601 from then on and for strangers */
  check(token: string, nowMs: number): '601' | '602' | undefined {
    if (this.#current !== undefined && this.#current.expiresAtMs <= nowMs) this.expire();
    if (token === this.#current?.token) return undefined;
    if (this.#over.get(token) !== false) return '601';
    this.#over.set(token, true);
    return '602';
  }
}

export interface IdentityRequest {
  readonly parameters: URLSearchParams;
  readonly nowMs: number;
  readonly lastsMs: number;
  /** Answers that the token is over, which it then is. */
  readonly expiresIn0: boolean;
}

/** @see https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/authentication */
export function answerIdentity(
  tokens: AccessTokens,
  credentials: Credentials,
  { parameters, nowMs, lastsMs, expiresIn0 }: IdentityRequest,
): Answer {
  if (parameters.get('grant_type') !== 'client_credentials') {
    return plainJson(400, { error: 'unsupported_grant_type', error_description: 'Unsupported grant type' });
  }
  if (parameters.get('client_id') !== credentials.clientId) {
    return plainJson(401, { error: 'unauthorized', error_description: 'No client with requested id' });
  }
  if (parameters.get('client_secret') !== credentials.clientSecret) {
    return plainJson(401, { error: 'invalid_client', error_description: 'Bad client credentials' });
  }
  const { token, expiresInSeconds } = tokens.ask(nowMs, lastsMs);
  if (expiresIn0) tokens.expire();
  return plainJson(200, {
    access_token: token,
    token_type: 'bearer',
    expires_in: expiresIn0 ? 0 : expiresInSeconds,
    scope: 'api-user@example.com',
  });
}

export const notFoundPage = (): Answer =>
  html(404, '<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>');
