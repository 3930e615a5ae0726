/** What people read about the settings: `.env.example` and the table of the documentation. */
import type { Need, Setting } from './setting.js';
import { ALL_SETTINGS } from './settings.js';

const WIDTH = 110;

const NEEDED_BY: Readonly<Record<Exclude<Need, 'optional'>, string>> = {
  'every process': 'every process',
  gateway: 'the gateway',
  worker: 'the worker',
  'Marketo recipe': 'the Marketo recipe, all four together',
  Snowflake: 'a WAREHOUSE_URL that names Snowflake',
};

/** The text of `.env.example`. What a process needs stands empty; the rest is commented out with its default. */
export function generateEnvExample(): string {
  const head = [
    '# Settings of iterable-recipes. Copy to .env and fill in. An empty variable counts as missing.',
    '# Generated from config/settings.ts; change it there, then run: npm run docs',
  ];
  return [...head, ...ALL_SETTINGS.flatMap((setting) => ['', ...entry(setting)])].join('\n') + '\n';
}

function entry(setting: Setting): string[] {
  const { variable, about, example, fallback, need } = setting;
  const needed = need === 'every process' || need === 'gateway' || need === 'worker';
  const notes = [needsOf(setting), ...(example === fallback ? [] : [`Example: ${example}`])];
  return [
    ...wrapped(about).map((line) => `# ${line}`),
    ...notes.map((note) => `# ${note}`),
    needed ? `${variable}=` : `#${variable}=${fallback ?? ''}`,
  ];
}

/** A Markdown table of all settings. */
export function configTable(): string {
  const rows = ALL_SETTINGS.map((setting) => {
    const { variable, about, example, fallback } = setting;
    const columns = [
      `\`${variable}\``,
      about.replaceAll('<', '\\<'),
      needsOf(setting),
      fallback ? `\`${fallback}\`` : '',
      `\`${example}\``,
    ];
    return `| ${columns.map((column) => column.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return (
    ['| Variable | Meaning | Need | Default | Example |', '|---|---|---|---|---|', ...rows].join('\n') + '\n'
  );
}

function needsOf({ need, secret }: Setting): string {
  const who = need === 'optional' ? 'Optional' : `Needed by ${NEEDED_BY[need]}`;
  return secret ? `${who}. Secret.` : `${who}.`;
}

function wrapped(sentence: string): string[] {
  const lines: string[] = [];
  for (const word of sentence.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < WIDTH) lines.splice(-1, 1, `${last} ${word}`);
    else lines.push(word);
  }
  return lines;
}
