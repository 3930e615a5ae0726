/**
 * `npm run docs`: writes what code knows into the documentation. With `--check` it writes nothing, names what is
 * stale, and exits with 1 if anything is.
 */
import { Command } from 'commander';
import { documentationFiles, isStale, write } from './files.js';

const { check } = new Command('docs')
  .description('write the generated parts of README.md, docs/ and .env.example')
  .option('--check', 'write nothing; exit code 1 when something is stale', false)
  .parse()
  .opts<{ check: boolean }>();

for (const file of (await documentationFiles()).filter(isStale)) {
  if (check) {
    process.stderr.write(`${file.path} is stale; run: npm run docs\n`);
    process.exitCode = 1;
  } else {
    await write(file);
    process.stdout.write(`wrote ${file.path}\n`);
  }
}
