/**
 * A local server that behaves like Marketo: identity, reads, bulk extracts, webhooks, durable unsubscribe, limits,
 * faults. What happens in it is told to it; it keeps what it received and answers questions about both.
 */
import type { MarketoOptions, SandboxMarketo } from './interface.js';

export type { FaultPlan } from '../shared/fault-draw.js';
export type { Fault } from './faults.js';
export type * from './interface.js';
export type { RecordedRequest } from './recorder.js';
export { DEFAULT_SETTINGS } from './settings.js';
export type { CustomField, MarketoLimits, MarketoSettings } from './settings.js';

/** Starts the server on 127.0.0.1. */
export declare function startSandboxMarketo(options?: MarketoOptions): Promise<SandboxMarketo>;
