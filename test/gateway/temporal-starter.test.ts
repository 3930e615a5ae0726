/** How a group becomes a workflow, and what Temporal's errors mean for it. */
import { describe, expect, it } from '@jest/globals';
import { ServiceError, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { answerOf, startOptions } from '../../gateway/temporal-starter.js';
import { PRODUCT_EVENTS } from '../../recipes/product-events.js';
import { searchAttributes } from '../../workflows/shared/search-attributes.js';
import { acceptedEvent } from '../support/events.js';

describe('the start of a group', () => {
  const kinds = [...Object.keys(PRODUCT_EVENTS), 'Something Canary wrote'];
  const events = Array.from({ length: 100 }, (_, n) =>
    acceptedEvent(n, { product_interaction: kinds[n % kinds.length], first_name: 'Canary' }),
  );
  const options = startOptions({ workflowId: 'events/x', events }, 'test');

  it('shows operators what travels, within the limits of the server and without personal data', () => {
    expect(Buffer.byteLength(options.staticSummary ?? '')).toBeLessThanOrEqual(400);
    expect(options.staticSummary).toMatch(/^100 product events: /);
    const pairs = options.typedSearchAttributes;
    const shown = JSON.stringify(pairs) + (options.staticSummary ?? '') + options.workflowId;
    expect(shown).not.toMatch(/Canary|example\.com/);
    for (const key of Object.values(searchAttributes)) {
      if (pairs === undefined || Array.isArray(pairs))
        throw new Error('typed search attributes are expected');
      expect(Buffer.byteLength(JSON.stringify(pairs.get(key) ?? ''))).toBeLessThanOrEqual(2_048);
    }
  });

  it('never starts an id again that is running or has completed', () => {
    expect(options).toMatchObject({
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      workflowIdConflictPolicy: 'FAIL',
      taskQueue: 'recipes',
      priority: { priorityKey: 3 },
    });
  });
});

describe('an error of a start', () => {
  /** As grpc-js makes them. */
  const grpcError = (code: number): Error =>
    Object.assign(new Error('payload of canary@example.com'), { code, details: 'x', metadata: {} });
  const failed = (code: number): Error =>
    new ServiceError('Failed to start Workflow', { cause: grpcError(code) });

  it('is a success when the workflow is there already', () => {
    const error = new WorkflowExecutionAlreadyStartedError('there', 'event/x', 'forwardEvents');
    expect(answerOf(error)).toEqual({ kind: 'already-started' });
  });

  it.each([1, 2, 4, 8, 10, 13, 14, 15])('leaves the outcome open for gRPC code %i', (code) => {
    expect(answerOf(failed(code))).toEqual({ kind: 'unknown', problem: `grpc-${code}` });
  });

  it.each([3, 5, 7, 9, 12, 16])('is final for gRPC code %i', (code) => {
    expect(answerOf(failed(code))).toEqual({ kind: 'refused', problem: `grpc-${code}` });
  });

  it('is final when the call was never made, and keeps no message', () => {
    expect(answerOf(new TypeError('canary@example.com'))).toEqual({ kind: 'refused', problem: 'TypeError' });
    expect(answerOf('canary')).toEqual({ kind: 'refused', problem: 'string' });
  });
});
