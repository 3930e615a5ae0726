/** The tables of docs/models.md, made from the models and the rules that they describe. */
import { DEFAULT_GUARDS } from '../../domain/define-model.js';
import { GUARD_CODES } from '../../domain/sync/guards.js';
import { ROW_REASONS } from '../../domain/sync/row-reasons.js';
import type { RowVerdict } from '../../domain/sync-model.js';
import { MODELS } from '../../recipes/models/index.js';
import { code, markdownTable, type GeneratedPart } from './generated.js';

export const MODEL_PARTS: readonly GeneratedPart[] = [
  { name: 'models', markdown: modelsTable },
  { name: 'guards', markdown: guardsTable },
  { name: 'row-verdicts', markdown: verdictsTable },
  { name: 'row-reasons', markdown: reasonsTable },
];

function modelsTable(): string {
  const rows = MODELS.map(({ name, summary, target, mode, schedule, key }) => [
    code(name),
    summary,
    target.kind === 'user' ? 'users' : `event "${target.name}"`,
    mode.kind,
    key.map(code).join(', '),
    `${code(schedule.cron)} ${schedule.timeZone}`,
  ]);
  return markdownTable(['Model', 'Rows', 'Become', 'Mode', 'Key', 'Schedule'], rows);
}

const percent = (share: number): string => `${String(share * 100)} %`;
const LIMITS: Readonly<Partial<Record<keyof typeof GUARD_CODES, string>>> = {
  removals: percent(DEFAULT_GUARDS.mostRemovedShare),
  changes: percent(DEFAULT_GUARDS.mostChangedShare),
};

function guardsTable(): string {
  const rows = Object.entries(GUARD_CODES).map(([guard, meaning]) => [code(guard), meaning]);
  const limits = Object.entries(LIMITS).map(([guard, limit]) => `${code(guard)} ${limit}`);
  return [
    markdownTable(['Guard', 'Means'], rows),
    '',
    `Unless the model says otherwise: ${limits.join(', ')} of the known rows, where there are at least ` +
      `${String(DEFAULT_GUARDS.sharesFromRows)}; a reminder every ${String(DEFAULT_GUARDS.remindAfterHours)} hours, ` +
      `and after ${String(DEFAULT_GUARDS.approvalWithinHours)} hours silence is a no.`,
  ].join('\n');
}

const VERDICTS: Readonly<Record<RowVerdict, string>> = {
  delivered: 'Iterable has it. The snapshot holds the new row.',
  unchanged: 'Nothing had to be sent: what is mapped of the row is the same. The snapshot holds the new row.',
  skipped: 'Iterable does not have the person, and the model only updates. Looked for again when due.',
  rejected:
    'It cannot be sent, or Iterable refused it. Tried again when due, or at once when it has changed; given up after the last wait.',
  retry: 'It was not sent in this run. The next one plans it again.',
  unknown: 'The answer was lost, and reading back did not settle it. The next run sends the row whole.',
};

function verdictsTable(): string {
  return markdownTable(
    ['Verdict', 'Means'],
    Object.entries(VERDICTS).map(([verdict, meaning]) => [code(verdict), meaning]),
  );
}

function reasonsTable(): string {
  return markdownTable(
    ['Reason', 'Means'],
    Object.entries(ROW_REASONS).map(([reason, meaning]) => [code(reason), meaning]),
  );
}
