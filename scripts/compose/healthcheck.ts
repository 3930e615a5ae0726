/**
 * The health check of a container: `healthcheck.js <url> [pattern]`. Exits with 0 when the URL answers 200 and its body
 * matches the regular expression, else with 1 and what is wrong on stderr. The image has no curl.
 */
const TIMEOUT_MS = 4_000;

async function problemAt(url: string, pattern: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const body = await response.text();
    if (response.status !== 200) return `${url} answers ${response.status}: ${body}`;
    return new RegExp(pattern, 'm').test(body) ? undefined : `${url} has no line like ${pattern}`;
  } catch (error) {
    return `${url} does not answer: ${String(error)}`;
  }
}

const [url = '', pattern = ''] = process.argv.slice(2);
const problem = await problemAt(url, pattern);
if (problem !== undefined) {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
}
