import { existsSync } from 'node:fs';

/**
 * The variables of this process, for scripts to hand to `loadConfig`. Nothing else reads them: a setting that is
 * read where it is used is missed by the check at the start. A file `.env` adds what the shell leaves out.
 */
export function environment(): NodeJS.ProcessEnv {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return process.env;
}
