/**
 * `npm run demo`: everything on this machine, nothing to configure. Starts the Temporal dev server with its UI, sandboxes
 * of Iterable and Marketo, gateway and worker, plays a tour, prints what came of it, and stays until Ctrl-C on a terminal.
 */
import { Command } from 'commander';
import { playOptOuts } from './opt-outs.js';
import { playProductEvents } from './product-events.js';
import { reportTour, type Section } from './report.js';
import { startStage, type Stage } from './stage.js';
import { playSync } from './sync.js';

const { once } = new Command('demo')
  .option('--once', 'end after the tour: exit code 0 when every number is as expected, else 1', false)
  .parse()
  .opts<{ once: boolean }>();

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const playTour = async (stage: Stage): Promise<Section[]> => [
  { title: 'product events', counts: await playProductEvents(stage, say) },
  await playOptOuts(stage, say),
  await playSync(stage, say),
];
// Before anything is started: what starts is also to be stopped.
const stop = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      resolve();
    });
});
const stage = await startStage(say);
try {
  const results = await Promise.race([playTour(stage), stop]);
  if (results !== undefined) {
    process.exitCode = reportTour(results, stage) ? 0 : 1;
    if (!once && process.stdout.isTTY) {
      process.stdout.write('\nStays up for you to look around; Ctrl-C ends it.\n');
      await stop;
    }
  }
} finally {
  await stage.close();
}
// What is left is the SDK's threads, which end with the process.
process.exit();
