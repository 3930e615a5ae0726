/**
 * A process that serves the warehouse of a file until SIGTERM, as a worker does: `warehouse-owner.ts <path>`. It says
 * `serving` once it has the file, and what it logs meanwhile.
 */
import { pino } from 'pino';
import { serveWarehouse } from '../../workers/warehouse-queue.js';

const [path = ''] = process.argv.slice(2);
const { stop } = await serveWarehouse({
  file: { path },
  logger: pino(pino.destination({ dest: 1, sync: true })),
  retryEveryMs: 50,
  start: async (warehouse) => {
    const { signal } = new AbortController();
    await warehouse.execute({ sql: 'CREATE TABLE IF NOT EXISTS owners (pid BIGINT)' }, signal);
    await warehouse.execute({ sql: 'INSERT INTO owners VALUES (?)', binds: [String(process.pid)] }, signal);
    process.stdout.write('serving\n');
    return { done: new Promise(() => undefined), stop: () => Promise.resolve() };
  },
});
process.once('SIGTERM', () => {
  void stop().then(() => process.exit());
});
setInterval(() => undefined, 60_000);
