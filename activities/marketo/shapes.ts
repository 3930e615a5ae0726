/** Parts of Marketo's answers that are read, leniently: fields that nobody needs may have any shape, or be absent. */
import { z } from 'zod';
import { parseMarketoDate } from '../../domain/marketo-date.js';

/** Ids are numbers in answers and texts in extracts; none is beyond what a number holds exactly. */
const Id = z.union([z.int(), z.string().regex(/^\d+$/).transform(Number)]);
const Scalar = z.union([z.string(), z.number(), z.boolean()]).nullish();
const MarketoDate = z.string().transform((text, context) => {
  const ms = parseMarketoDate(text);
  if (ms === undefined) context.addIssue('not one of the forms of dates');
  return ms ?? z.NEVER;
});

const Head = {
  marketoGUID: z.string().min(1).max(128),
  leadId: Id,
  activityDate: MarketoDate,
  activityTypeId: Id,
};

export const ActivityRecord = z.object({
  ...Head,
  attributes: z
    .array(z.object({ name: z.string(), value: Scalar }))
    .nullish()
    .catch(undefined),
});
export type ActivityRecord = z.infer<typeof ActivityRecord>;

export const LeadChangeRecord = z.object({
  ...Head,
  /** By REST name. None where the lead was created. */
  fields: z
    .array(z.object({ name: z.string(), newValue: Scalar, oldValue: Scalar }))
    .nullish()
    .transform((fields) => fields ?? []),
});
export type LeadChangeRecord = z.infer<typeof LeadChangeRecord>;

export const LeadRecord = z.looseObject({ id: Id, email: z.string().nullish().catch(undefined) });
export type LeadRecord = z.infer<typeof LeadRecord>;

export const DescribedField = z.object({ id: z.int(), rest: z.object({ name: z.string() }) });

export const Usage = z.object({ total: z.number().nonnegative() });

export const ExtractRecord = z.object({
  exportId: z.string().min(1),
  status: z.string(),
  numberOfRecords: z.int().nonnegative().nullish(),
  fileSize: z.int().nonnegative().nullish(),
  /** `sha256:` and hexadecimal digits. */
  fileChecksum: z.string().nullish(),
});
export type ExtractRecord = z.infer<typeof ExtractRecord>;

const TRUE = new Set(['true', '1', 'yes']);
const FALSE = new Set(['false', '0', 'no', '']);

/** A yes/no value in any of Marketo's spellings. Absent or unknown is neither: it does not mean "subscribed". */
export function flagOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value).trim().toLowerCase();
  if (TRUE.has(text)) return true;
  return FALSE.has(text) ? false : undefined;
}
