/** `codec`: shows decoded payloads in the Temporal UI, for as long as it runs. */
import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { commandConfig } from './context.js';

export function addCodecCommand(program: Command): void {
  program
    .command('codec')
    .option('--ui <origin...>', 'where the Temporal UI is open', [
      'http://localhost:8233',
      'http://127.0.0.1:8233',
    ])
    .description('decode payloads for the Temporal UI, on this machine only, until Ctrl-C')
    .action(async ({ ui }: { ui: string[] }) => {
      const config = commandConfig();
      // Only now: no other command needs a web server, and all of them start faster without it.
      const { startCodecServer } = await import('../../workers/codec/codec-server.js');
      const server = await startCodecServer({
        port: config.codecServerPort ?? 0,
        token: randomBytes(24).toString('base64url'),
        uiOrigins: ui,
        keys: config.payloadKeys,
      });
      process.stdout.write(
        `In the UI, under the glasses icon, set the codec endpoint to\n  ${server.endpoint}\n`,
      );
      await new Promise((resolve) => {
        process.once('SIGINT', resolve);
        process.once('SIGTERM', resolve);
      });
      await server.close();
    });
}
