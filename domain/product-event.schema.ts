/**
 * The body of `POST /v1/product-events`: both shapes (flat and lead), both sets of names, all generations.
 * Unknown keys are kept; optional keys may be absent or null; `opt_in` has three states.
 * @see docs/product-events.md
 */
import { z } from 'zod';
import { looksLikeEmail, normaliseEmail } from './email.js';

const LONG_TEXT = 32_000; // Iterable's limit for one field value
const text = (what: string) =>
  z
    .string({ error: `${what} is text, or null` })
    .max(LONG_TEXT, `${what} has at most ${LONG_TEXT} characters`);
const optionalText = (what: string, example: string) =>
  text(what)
    .nullish()
    .meta({ description: what, examples: [example] });

/** Rails forms send numbers as digits in quotes, and blank for none. 15 digits are exact in every JSON parser. */
const optionalId = (what: string) => {
  const error = `${what} is a whole number of at most 15 digits, like 1001, or null`;
  const digits = z
    .string({ error })
    .regex(/^\s*\d{0,15}\s*$/, error)
    .transform((sent) => (sent.trim() === '' ? null : Number(sent)));
  return z
    .union([z.int({ error, abort: true }).min(0, error).max(999_999_999_999_999, error), digits], { error })
    .nullish()
    .meta({ description: what, examples: [1001] });
};
const optionalFlag = (what: string) =>
  z
    .boolean({ error: `${what} is true, false or null` })
    .nullish()
    .meta({ description: what, examples: [true] });

const email = z
  .string({
    error: (issue) =>
      issue.input === undefined || issue.input === null
        ? 'an e-mail address is required, like robin@example.com'
        : 'an e-mail address is text, like robin@example.com',
  })
  .transform(normaliseEmail)
  .refine(looksLikeEmail, 'this is not an e-mail address; expected something like robin@example.com')
  .meta({ description: 'The person, by work e-mail address', examples: ['robin@example.com'] });

/** The fields that recipes can map, under the names of the flat shape. */
export const ProductFields = z.object({
  work_email: email,
  product_interaction: text('product_interaction')
    .trim()
    .nullish()
    .meta({
      description: 'What happened, one of the values in recipes/product-events.ts',
      examples: ['SaaS Trial'],
    }),
  uid: optionalId('Id of the user in the product'),
  first_name: optionalText('First name', 'Robin'),
  last_name: optionalText('Last name', 'Sample'),
  company_name: optionalText('Company', 'Sample Works'),
  company_size: optionalText('Size bucket of the company', '1-99'),
  phone_number: optionalText('Phone number', '+1 23 456-78-90'),
  website_url: optionalText('Web site', 'https://example.com'),
  country: optionalText('ISO 3166 code of the country', 'US'),
  state: optionalText('Code of the state', 'CA'),
  setup_for_company: optionalFlag('Whether the account is for a company'),
  role: optionalText('Role of the person', 'software_developer'),
  jtbd: optionalText('Why the person signed up', 'exploring'),
  comment: optionalText('Free text of the form', 'Other reason'),
  opt_in: optionalFlag('Consent to marketing mail (absent: unknown)'),
  preferred_language: optionalText('Name of the language', 'English'),
  existing_plan: optionalText('Plan of the namespace', 'premium'),
  provider: optionalText('Identity provider', 'gitlab'),
  glm_source: optionalText('Where the visit came from', 'about.gitlab.com/pricing/'),
  glm_content: optionalText('What the visit was about', 'default-saas-trial'),
  namespace_id: optionalId('Id of the top-level namespace'),
  add_on_name: optionalText('Add-on of a trial', 'duo_enterprise'),
  trial_start_date: optionalText('Start of the trial', '2023-06-11'),
  lead_id: optionalId('Id of the lead in the product backend'),
  created_at: optionalText('When the backend wrote the lead', '2023-06-11T08:00:00Z'),
});
export type ProductFields = z.infer<typeof ProductFields>;

/** Names of the `leads` table, and the flat name each one stands for. */
export const LEAD_NAMES: Readonly<Record<string, keyof ProductFields>> = {
  email: 'work_email',
  phone: 'phone_number',
  employees_bucket: 'company_size',
  user_id: 'uid',
  is_for_business_use: 'setup_for_company',
  comment_capture: 'comment',
  id: 'lead_id',
};

export interface FieldError {
  /** Name of the field as it was sent; empty for the body as a whole. */
  readonly field: string;
  /** What is wrong and what would be right. Never repeats the value: bodies hold personal data. */
  readonly message: string;
}

export type ParsedBody =
  | { readonly ok: true; readonly fields: ProductFields; readonly unknown: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** Reads one body in any shape. Total: any JSON value gives fields or errors, never a throw. */
export function parseProductEvent(body: unknown): ParsedBody {
  if (!isRecord(body)) {
    return {
      ok: false,
      errors: [
        { field: '', message: 'one event is a JSON object, like {"work_email": "robin@example.com", ...}' },
      ],
    };
  }
  const { known, unknown, sentAs } = sortKeys(layersOf(body));
  const parsed = ProductFields.safeParse(Object.fromEntries(known));
  if (parsed.success) return { ok: true, fields: parsed.data, unknown: Object.fromEntries(unknown) };
  const errors = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0] ?? '');
    return { field: sentAs.get(name) ?? name, message: issue.message };
  });
  return { ok: false, errors };
}

/** `/trials` wraps the lead in `trial_user`; what is within wins over what stands beside it. */
function layersOf(body: Record<string, unknown>): readonly Record<string, unknown>[] {
  const { trial_user: wrapped, ...beside } = body;
  return isRecord(wrapped) ? [wrapped, beside] : [body];
}

/**
 * Sorts keys into known (by flat name) and unknown. Of several values for one field the first that is not null wins:
 * inner before outer, flat name before lead name. Maps, because a body may have a key called `__proto__`.
 */
function sortKeys(layers: readonly Record<string, unknown>[]): {
  readonly known: ReadonlyMap<string, unknown>;
  readonly unknown: ReadonlyMap<string, unknown>;
  /** The key that each known field came under. */
  readonly sentAs: ReadonlyMap<string, string>;
} {
  const known = new Map<string, unknown>();
  const unknown = new Map<string, unknown>();
  const sentAs = new Map<string, string>();
  for (const [key, value] of layers.flatMap(flatNamesFirst)) {
    const name = flatNameOf(key, value);
    if (name === undefined) {
      if (!unknown.has(key)) unknown.set(key, value);
    } else if (known.get(name) == null) {
      known.set(name, value);
      sentAs.set(name, key);
    }
  }
  return { known, unknown, sentAs };
}

function flatNamesFirst(layer: Record<string, unknown>): readonly (readonly [string, unknown])[] {
  const entries = Object.entries(layer);
  return [...entries.filter(([key]) => isFlatName(key)), ...entries.filter(([key]) => !isFlatName(key))];
}

function isFlatName(key: string): boolean {
  return Object.hasOwn(ProductFields.shape, key);
}

/** `id` is too common a name to refuse a body for: only a whole number is taken for the id of a lead. */
function flatNameOf(key: string, value: unknown): string | undefined {
  if (isFlatName(key)) return key;
  if (key === 'id' && !ProductFields.shape.lead_id.safeParse(value).success) return undefined;
  return Object.hasOwn(LEAD_NAMES, key) ? LEAD_NAMES[key] : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
