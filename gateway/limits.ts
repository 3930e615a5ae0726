/** What the gateway takes in one request. The same figures stand in /openapi.json. */
export interface RequestLimits {
  /** A larger body is 413. */
  readonly bodyBytes: number;
  /** A longer array is 413. */
  readonly arrayItems: number;
  /** Objects and arrays inside each other in one event; deeper is 422. */
  readonly nestingLevels: number;
  /** One event, written as JSON; larger is invalid. Temporal refuses payloads over 2 MiB. */
  readonly eventBytes: number;
  /** Within this time a request has arrived whole; slower is 408. */
  readonly requestTimeoutMs: number;
}

export const REQUEST_LIMITS: RequestLimits = {
  bodyBytes: 1024 * 1024,
  arrayItems: 1_000,
  nestingLevels: 20,
  eventBytes: 1024 * 1024,
  requestTimeoutMs: 30_000,
};

/** How the gateway commits events in groups, and how much it holds meanwhile. */
export interface IntakeLimits {
  /**
   * Starts at Temporal at the same time. One: what waits for it travels together, and grouping is what scales.
   * `npm run bench -- intake` showed a quarter more events per second with one than with two or three.
   */
  readonly maxInFlightStarts: number;
  /** Events in one group. */
  readonly groupEvents: number;
  /** One group, written as JSON. A larger event goes alone. */
  readonly groupBytes: number;
  /** Events that wait for their answer, queued or on their way to Temporal; one more is 503. */
  readonly maxWaitingEvents: number;
  /** The same, written as JSON. */
  readonly maxWaitingBytes: number;
  /** Ids of accepted events that are remembered to find duplicates. */
  readonly recentEvents: number;
  /** Until then, counted from its arrival, an event is accepted or the answer is 503. */
  readonly startDeadlineMs: number;
  /** Limit of one call to Temporal. */
  readonly startAttemptTimeoutMs: number;
  /** Wait before the first repeat of a call whose outcome is unknown; doubles up to `maxRepeatAfterMs`. */
  readonly repeatAfterMs: number;
  readonly maxRepeatAfterMs: number;
}

export const INTAKE_LIMITS: IntakeLimits = {
  maxInFlightStarts: 1,
  groupEvents: 100,
  groupBytes: 256 * 1024,
  maxWaitingEvents: 20_000,
  maxWaitingBytes: 64 * 1024 * 1024,
  recentEvents: 200_000,
  startDeadlineMs: 20_000,
  startAttemptTimeoutMs: 5_000,
  repeatAfterMs: 100,
  maxRepeatAfterMs: 2_000,
};
