/** The recipes that exist, for the table in README.md. A new recipe is one entry here. */
import { markdownTable } from './generated.js';

interface RecipeRow {
  readonly recipe: string;
  readonly trigger: string;
  readonly from: string;
  readonly to: string;
  readonly guarantee: string;
  /** What makes two of its items the same. */
  readonly identity: string;
  /** Paths from the root of the project; they become links. */
  readonly tests: readonly string[];
  readonly page: string;
}

const RECIPES: readonly RecipeRow[] = [
  {
    recipe: 'product-events',
    trigger: '`POST /v1/product-events`',
    from: 'Product backend',
    to: 'Iterable: user profiles and custom events',
    guarantee: 'Delivered or parked, never dropped; one event at Iterable however often it is sent',
    identity: 'Event id: keyed hash of the business key that each kind of event declares',
    tests: ['test/gateway', 'test/workflows', 'test/activities'],
    page: 'docs/product-events.md',
  },
  {
    recipe: 'consent',
    trigger: '`POST /v1/marketo/unsubscribes`, a poll every 5 minutes, comparisons every day and week',
    from: 'Marketo',
    to: 'Iterable: subscription to GitLab Marketing',
    guarantee: 'Whoever unsubscribed and exists in Iterable is opted out and verified; each one has a record',
    identity: "Marketo's activity, or the receipt of the webhook call; one workflow per person",
    tests: ['test/gateway', 'test/workflows', 'test/activities', 'test/faults'],
    page: 'docs/opt-outs.md',
  },
  {
    recipe: 'warehouse-sync',
    trigger: 'The schedule of each model, `npm run recipes -- sync start <model>`',
    from: 'Snowflake or DuckDB',
    to: 'Iterable: user profiles and custom events, in bulk',
    guarantee:
      'Every planned row has one verdict; only what has changed is sent, and remembered once confirmed',
    identity: 'Key columns that the model declares; one run of a model at a time',
    tests: ['test/workflows', 'test/activities', 'test/end-to-end', 'test/faults'],
    page: 'docs/models.md',
  },
];

/** @see README.md, whose folder the links start from */
export function recipesTable(): string {
  const rows = RECIPES.map(({ recipe, trigger, from, to, guarantee, identity, tests, page }) => [
    `[${recipe}](${page})`,
    trigger,
    `${from} → ${to}`,
    guarantee,
    identity,
    tests.map((path) => `[${path}](${path})`).join(', '),
  ]);
  return markdownTable(['Recipe', 'Trigger', 'From → to', 'Guarantee', 'Identity key', 'Tests'], rows);
}
