/** Addresses of outside systems. Messages never repeat one: people paste credentials into URLs. */
import { z } from 'zod';

/**
 * The scheme, host and port of a system. A trailing slash and the given suffix (what the provider's console shows
 * behind the host) are taken off, so that the clients' documented paths can follow.
 */
export function baseUrl(suffix: string): z.ZodType<string> {
  return z.string().transform((value, context) => {
    const url = URL.canParse(value) ? new URL(value) : undefined;
    const reason = url === undefined ? 'not a URL' : faultOf(url, suffix);
    if (url !== undefined && reason === undefined) return url.origin;
    context.addIssue(reason ?? 'not a URL');
    return z.NEVER;
  });
}

function faultOf(url: URL, suffix: string): string | undefined {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'not an https URL';
  if (url.username !== '' || url.password !== '') return 'credentials do not belong into a URL';
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    return 'not https; plain http is for this machine only';
  const path = url.pathname.replace(/\/+$/, '');
  if ((path !== '' && path !== suffix) || url.search !== '' || url.hash !== '') {
    return 'has more than scheme, host and port';
  }
  return undefined;
}

/** Whether a host, as `URL` prints it, can only be this machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
