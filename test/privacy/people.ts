/** One invented person per story; all they tell us are canaries, followed by the name of the story. */
import { PERSONAL } from './canaries.js';

export const addressOf = (story: string): string => `${PERSONAL['e-mail address']}.${story}@example.com`;

/** The story whose person a text names by address. */
export function storyOf(text: string): string | undefined {
  const [, ...found] = text.split(`${PERSONAL['e-mail address']}.`);
  return found[0]?.split('@', 1)[0];
}

let people = 100;
/** A body as the product posts it, in mixed case. */
export function bodyOf(story: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  people += 1;
  return {
    work_email: addressOf(story).replace('quokka', 'Quokka').replace('example', 'Example'),
    uid: Number(`${PERSONAL['user id']}${String(people)}`),
    product_interaction: 'SaaS Trial',
    first_name: `${PERSONAL['first name']} ${story}`,
    last_name: `${PERSONAL['last name']} ${story}`,
    company_name: `${PERSONAL.company} ${story}`,
    phone_number: `${PERSONAL['phone number']} ${String(people)}`,
    comment: `${PERSONAL.comment} ${story}`,
    role: `${PERSONAL.role} ${story}`,
    opt_in: true,
    [PERSONAL['unknown key']]: `${PERSONAL["unknown key's value"]} ${story}`,
    ...more,
  };
}
