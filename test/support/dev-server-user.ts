/** A process that uses the development server of a folder until SIGTERM: `dev-server-user.ts <executable> <folder>`. */
import { ensureDevServer } from '../../workers/temporal/dev-server.js';

const [executable = '', dataDir = ''] = process.argv.slice(2);
const { address, pid, startedHere, close } = await ensureDevServer({
  executable,
  dataDir,
  ui: false,
  preferredPort: 0,
});
// What `npm start` does at Ctrl-C: it finishes its work first, for which it needs the server.
process.on('SIGINT', () => {
  process.stdout.write('draining\n');
});
process.once('SIGTERM', () => {
  void close().then(() => process.exit());
});
setInterval(() => undefined, 60_000);
process.stdout.write(`${JSON.stringify({ address, pid, startedHere })}\n`);
