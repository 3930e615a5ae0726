/** From what became of a row to how Iterable says it: one status for single calls, lists for bulk calls. */
import { json, refuse } from './answers.js';
import type { Answer, Refusal } from './answers.js';
import type { FieldChanges } from './field-types.js';
import type { Problem, RowFailure } from './identify.js';
import type { World } from './world.js';

const EVENT_PROBLEMS = ['invalid', 'notFound', 'forgotten'] as const;
const USER_PROBLEMS = [...EVENT_PROBLEMS, 'invalidData', 'conflict'] as const;

/** The refusal of a single call. Iterable says 409 of forgotten people in some places, 400 in others. */
export function refusalOf(world: World, failure: RowFailure, forgottenStatus: 400 | 409): Refusal {
  const { email, userId } = failure;
  const byUserId = email === undefined && userId !== undefined;
  const table: Readonly<Record<Problem, () => Refusal>> = {
    invalid: () =>
      byUserId
        ? refuse(400, 'InvalidUserIdError', `Invalid userId: ${userId}`)
        : refuse(400, 'InvalidEmailAddressError', `Invalid email: ${email ?? 'none'}`),
    invalidData: () => refuse(400, 'BadParams', 'Invalid data in dataFields'),
    conflict: () => refuse(409, world.settings.conflictCode, 'The email or userId belongs to another user'),
    forgotten: () => refuse(forgottenStatus, 'ForgottenUserError', 'The user has been forgotten'),
    notFound: () =>
      byUserId
        ? refuse(400, 'UnknownUserIdError', `Unknown userId: ${userId}`)
        : refuse(400, 'UnknownEmailError', `Unknown email: ${email ?? 'none'}`),
    internal: () => refuse(500, 'GenericError', 'An internal error occurred'),
  };
  return table[failure.problem]();
}

/** Collects a bulk answer: every list is always there, and rows are named as often as they occur. */
export class BulkReport {
  readonly #lists: Map<string, string[]>;
  readonly #noOpEmails: string[] = [];
  readonly #noOpUserIds: string[] = [];
  readonly #disallowed = new Set<string>();
  readonly #kind: 'events' | 'users';
  #succeeded = 0;
  #failed = 0;
  #applied = false;

  constructor(kind: 'events' | 'users') {
    this.#kind = kind;
    const problems: readonly string[] = kind === 'events' ? EVENT_PROBLEMS : USER_PROBLEMS;
    this.#lists = new Map(
      problems.flatMap((problem) => [
        [`${problem}Emails`, []],
        [`${problem}UserIds`, []],
      ]),
    );
  }

  fail({ problem, email, userId }: RowFailure): void {
    this.#failed += 1;
    if (email !== undefined) this.#lists.get(`${problem}Emails`)?.push(email);
    if (userId !== undefined) this.#lists.get(`${problem}UserIds`)?.push(userId);
  }

  succeed(): void {
    this.#succeeded += 1;
    this.#applied = true;
  }

  /** Fine, and nothing has changed. */
  noOp({ email, userId }: { email?: string | undefined; userId?: string | undefined }): void {
    this.#succeeded += 1;
    if (email !== undefined) this.#noOpEmails.push(email);
    else if (userId !== undefined) this.#noOpUserIds.push(userId);
  }

  disallow(eventName: string, countsAsFailed: boolean): void {
    this.#disallowed.add(eventName);
    if (countsAsFailed) this.#failed += 1;
    else this.#succeeded += 1;
  }

  answer(changes: FieldChanges): Answer {
    const failedUpdates = Object.fromEntries(this.#lists);
    const own =
      this.#kind === 'events'
        ? { disallowedEventNames: [...this.#disallowed] }
        : { noOpEmails: this.#noOpEmails, noOpUserIds: this.#noOpUserIds };
    const body = {
      successCount: this.#succeeded,
      failCount: this.#failed,
      // The two deprecated lists repeat what stands in failedUpdates.
      invalidEmails: failedUpdates['invalidEmails'],
      invalidUserIds: failedUpdates['invalidUserIds'],
      ...changes,
      ...own,
      failedUpdates,
    };
    return json(body, this.#applied);
  }
}
