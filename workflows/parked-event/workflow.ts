/**
 * One event that could not be delivered, waiting for a person: released, discarded, or its fields replaced.
 * @see docs/parked-events.md
 */
import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { EventActivities } from '../../activities/iterable/contract.js';
import type { AcceptedEvent } from '../../domain/product-event.js';
import { deliverNextRound, HORIZON_MS, startOf, type Progress } from '../shared/delivery.js';
import { workflowNow } from '../shared/clock.js';
import { askForOptIns } from '../shared/opt-ins.js';
import { eventAttributes, parkedAttributes } from '../shared/describe-event.js';
import { searchAttributes } from '../shared/search-attributes.js';
import type { EventOutcome } from '../forward-events/messages.js';
import { parkedDetails } from './details.js';
import {
  discardUpdate,
  releaseUpdate,
  replaceUpdate,
  stateQuery,
  type ParkedEventInput,
  type ParkedState,
} from './messages.js';

/** How long an update waits for the release it started; the release itself goes on. */
const ANSWER_WITHIN = '20 seconds';

const { reviseEvent } = proxyActivities<EventActivities>({
  taskQueue: 'iterable',
  scheduleToCloseTimeout: '5 minutes',
  startToCloseTimeout: '10 seconds',
  priority: { priorityKey: 1 }, // somebody waits for it; deliveries to a slow Iterable do not go first
  summary: 'check the replaced fields',
});

export async function parkedEvent(input: ParkedEventInput): Promise<ParkedState> {
  const parked = new ParkedEvent(input);
  parked.listen();
  try {
    while (parked.isOpen()) {
      await parked.command();
      if (parked.isReleasing()) await parked.release();
      if (workflowInfo().continueAsNewSuggested) await parked.continueAsNew();
    }
  } catch (error) {
    if (!isCancellation(error)) throw error;
    parked.change({ status: 'discarded', discardReason: 'workflow cancelled' });
  }
  return CancellationScope.nonCancellable(() => parked.close());
}

/** The event, what is known about it, and the messages that change either. */
class ParkedEvent {
  private event: AcceptedEvent;
  private state: ParkedState;
  private isRevising = false;
  private readonly input: ParkedEventInput;

  constructor(input: ParkedEventInput) {
    this.input = input;
    this.event = input.event;
    this.state = input.resumed ?? {
      eventId: input.event.eventId,
      status: 'parked',
      reason: input.reason,
      class: input.class,
      since: new Date(workflowNow()).toISOString(),
      releases: 0,
    };
    this.change({});
  }

  isOpen(): boolean {
    return this.state.status === 'parked' || this.state.status === 'releasing';
  }

  isReleasing(): boolean {
    return this.state.status === 'releasing';
  }

  /** Waits until somebody releases or discards. */
  async command(): Promise<void> {
    await condition(() => this.state.status !== 'parked');
  }

  change(changes: Partial<ParkedState>): ParkedState {
    this.state = { ...this.state, ...changes };
    setCurrentDetails(parkedDetails(this.state));
    return this.state;
  }

  listen(): void {
    const validator = (..._args: unknown[]): void => {
      this.mustBeParked();
    };
    setHandler(stateQuery, () => this.state, {
      description: 'Why the event is parked, since when, what became of it',
    });
    setHandler(releaseUpdate, () => this.onRelease(), {
      validator,
      description: 'Deliver it with the recipes of today, under the same id',
    });
    setHandler(discardUpdate, (discardReason) => this.change({ status: 'discarded', discardReason }), {
      validator: (reason) => {
        this.mustBeParked();
        mustBeText(reason);
      },
      description: 'Give it up for good, saying why',
    });
    setHandler(replaceUpdate, (fields) => this.onReplace(fields), {
      validator,
      description: 'Correct fields by name; it stays parked until released',
    });
  }

  private async onRelease(): Promise<ParkedState> {
    this.change({ status: 'releasing', releases: this.state.releases + 1 });
    await condition(() => !this.isReleasing(), ANSWER_WITHIN);
    return this.state;
  }

  private async onReplace(fields: Readonly<Record<string, unknown>>): Promise<ParkedState> {
    this.isRevising = true;
    const revised = await reviseEvent(this.event, fields).finally(() => {
      this.isRevising = false;
    });
    this.mustBeParked(); // a release may have begun while the fields were checked
    this.event = revised;
    upsertSearchAttributes(eventAttributes([this.event], this.input.environment));
    return this.state;
  }

  private mustBeParked(): void {
    if (this.isRevising)
      throw ApplicationFailure.nonRetryable('its fields are being replaced; try again', 'not-parked');
    if (this.state.status === 'parked') return;
    throw ApplicationFailure.nonRetryable(
      `the event is ${this.state.status}; only a parked event can be changed`,
      'not-parked',
    );
  }

  /** Delivers for up to 76 h. What cannot be delivered is parked again, with its new reason. */
  async release(): Promise<void> {
    const outcome = await deliverOne(this.event);
    if (outcome.status === 'delivered') {
      this.change({ status: 'delivered' });
      return;
    }
    const { reason, class: failureClass } = outcome;
    const sinceMs = workflowNow();
    this.change({ status: 'parked', reason, class: failureClass, since: new Date(sinceMs).toISOString() });
    upsertSearchAttributes(parkedAttributes(reason, failureClass, sinceMs));
  }

  async continueAsNew(): Promise<void> {
    await condition(allHandlersFinished);
    if (this.state.status !== 'parked') return;
    await continueAsNew<typeof parkedEvent>({ ...this.input, event: this.event, resumed: this.state });
  }

  async close(): Promise<ParkedState> {
    await condition(allHandlersFinished);
    upsertSearchAttributes([{ key: searchAttributes.outcome, value: this.state.status }]);
    if (this.state.status !== 'delivered') return this.state;
    const notRequested = await askForOptIns([this.event]);
    return notRequested.length === 0 ? this.state : this.change({ optIn: 'not-requested' });
  }
}

async function deliverOne(event: AcceptedEvent): Promise<EventOutcome> {
  const deadlineMs = workflowNow() + HORIZON_MS;
  let progress: Progress = startOf([event]);
  while (progress.open.length > 0) progress = await deliverNextRound([event], progress, deadlineMs);
  const [outcome] = progress.outcomes;
  if (outcome === undefined)
    throw ApplicationFailure.nonRetryable('a round settled the event without an outcome', 'no-outcome');
  return outcome;
}

function mustBeText(reason: unknown): void {
  if (typeof reason === 'string' && reason.trim() !== '' && reason.length <= 500) return;
  throw ApplicationFailure.nonRetryable(
    'say why the event is discarded, in 1 to 500 characters',
    'invalid-input',
  );
}
