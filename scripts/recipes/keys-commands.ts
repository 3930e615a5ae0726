/** `keys payload` and `keys secret`: new keys, printed in the form that the settings take. */
import { randomBytes } from 'node:crypto';
import { Argument, type Command } from 'commander';
import { hashSecret } from '../../config/gateway-clients.js';
import { generatePayloadKey } from '../../config/payload-keys.js';

export function addKeysCommands(program: Command): void {
  const keys = program.command('keys').description('make keys and secrets');
  keys
    .command('payload')
    .addArgument(new Argument('[id]', 'name of the key').default(today(), 'the date of today'))
    .description('a key for PAYLOAD_KEYS; put it first to encrypt with it, keep old ones behind to read with')
    .action((id: string) => {
      process.stdout.write(`${generatePayloadKey(id)}\n`);
    });
  keys
    .command('secret')
    .argument('<client id>', 'the client it is for')
    .description('a client secret, and what to put into GATEWAY_CLIENTS in its place')
    .action((id: string) => {
      const secret = randomBytes(32).toString('base64url');
      process.stdout.write(
        `for the client:    ${secret}\nGATEWAY_CLIENTS:   ${id}:sha256:${hashSecret(secret).toString('hex')}\n`,
      );
    });
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}
