/** docker-compose.yml as Docker Compose would read it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { PROJECT_ROOT } from '../../workers/temporal/project-root.js';

const Service = z.object({
  image: z.string(),
  build: z.string().optional(),
  command: z.array(z.string()).optional(),
  entrypoint: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  restart: z.string(),
  stop_grace_period: z.string().optional(),
});
export type Service = z.infer<typeof Service>;

const ComposeFile = z.object({ services: z.record(z.string(), Service) });

/** The file with its anchors resolved, variables left as they are. */
export async function readCompose(): Promise<unknown> {
  const parsed: unknown = parse(await readFile(join(PROJECT_ROOT, 'docker-compose.yml'), 'utf8'), {
    merge: true,
  });
  return parsed;
}

export async function readServices(): Promise<Record<string, Service>> {
  return ComposeFile.parse(await readCompose()).services;
}

/** @throws Error when docker-compose.yml has no such service */
export async function readService(name: string): Promise<Service> {
  const service = (await readServices())[name];
  if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return service;
}

/**
 * Replaces `${NAME}`, `${NAME:-default}`, `${NAME:+replacement}` and `${NAME:?message}`.
 * @throws Error with the message when a variable is needed and missing
 * @see https://docs.docker.com/reference/compose-file/interpolation/
 */
export function interpolate(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(
    /\$\{(\w+)(?::([-+?])([^}]*))?\}/g,
    (_, name: string, operator: string | undefined, word = '') => {
      const value = variables[name] ?? '';
      if (operator === '?' && value === '') throw new Error(String(word));
      if (operator === '-' && value === '') return String(word);
      if (operator === '+') return value === '' ? '' : String(word);
      return value;
    },
  );
}
