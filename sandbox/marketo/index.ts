/**
 * A local server that behaves like Marketo: identity, reads, bulk extracts, webhooks, durable unsubscribe, limits,
 * faults. What happens in it is told to it; it keeps what it received and answers questions about both.
 */
import {
  addLead,
  addNoise,
  changeEmail,
  changeField,
  deleteLead,
  mergeLeads,
  resubscribe,
  unsubscribe,
} from './acts.js';
import type { MarketoOptions, SandboxActivity, SandboxMarketo } from './interface.js';
import { Recorder } from './recorder.js';
import { attributesOf, guidOf, primaryValueOf } from './render.js';
import { listen } from './server.js';
import { Service } from './service.js';
import { DEFAULT_SETTINGS } from './settings.js';
import type { World } from './world.js';

export type { FaultPlan } from '../shared/fault-draw.js';
export type { Fault } from './faults.js';
export type * from './interface.js';
export type { RecordedRequest } from './recorder.js';
export { DEFAULT_SETTINGS } from './settings.js';
export type { CustomField, MarketoLimits, MarketoSettings } from './settings.js';

/** Starts the server on 127.0.0.1. */
export async function startSandboxMarketo(options: MarketoOptions = {}): Promise<SandboxMarketo> {
  const {
    port = 0,
    clientId = 'sandbox-marketo-client',
    clientSecret = 'sandbox-marketo-secret',
    faults,
    ...settings
  } = options;
  const service = new Service(Object.freeze({ ...DEFAULT_SETTINGS, ...settings }), {
    clientId,
    clientSecret,
  });
  service.setFaults(faults);
  const recorder = new Recorder();
  const { url, close } = await listen(service, recorder, port);
  return {
    url,
    clientId,
    clientSecret,
    ...acts(service),
    ...questions(service, recorder),
    ...controls(service, recorder),
    close: async () => {
      await service.close();
      await close();
    },
  };
}

type Acts =
  | 'addLead'
  | 'addLeads'
  | 'unsubscribe'
  | 'resubscribe'
  | 'changeEmail'
  | 'blackList'
  | 'changeField'
  | 'mergeLeads'
  | 'deleteLead'
  | 'addNoise'
  | 'sendsWebhooksTo';
type Questions =
  'lead' | 'leadsWith' | 'leadCount' | 'activities' | 'webhookCalls' | 'received' | 'callsUsed';
type Controls = Exclude<
  keyof SandboxMarketo,
  Acts | Questions | 'url' | 'clientId' | 'clientSecret' | 'close'
>;

function acts(service: Service): Pick<SandboxMarketo, Acts> {
  return {
    addLead: (lead, options) => addLead(service.world, lead, options),
    addLeads: (count, of) => service.world.leads.addMany(count, of, service.world.nowMs),
    unsubscribe: (leadId, how, options) => {
      unsubscribe(service.world, leadId, how, options);
    },
    resubscribe: (leadId, how, options) => {
      resubscribe(service.world, leadId, how, options);
    },
    changeEmail: (leadId, email, options) => {
      changeEmail(service.world, leadId, email, options);
    },
    blackList: (leadId, options) => {
      changeField(service.world, leadId, { field: 'blackListed', value: true }, options);
    },
    changeField: (leadId, field, value, options) => {
      changeField(service.world, leadId, { field, value }, options);
    },
    mergeLeads: (winner, losers, options) => {
      mergeLeads(service.world, winner, typeof losers === 'number' ? [losers] : losers, options);
    },
    deleteLead: (leadId, options) => {
      deleteLead(service.world, leadId, options);
    },
    addNoise: (count, options) => {
      addNoise(service.world, count, options);
    },
    sendsWebhooksTo: (target) => {
      service.webhooks.aim(target);
    },
  };
}

function questions(service: Service, recorder: Recorder): Pick<SandboxMarketo, Questions> {
  return {
    lead: (leadId) => service.world.leads.get(leadId),
    leadsWith: (email) => service.world.leads.withEmail(email),
    leadCount: () => service.world.leads.count(),
    activities: (filter = {}) => activitiesOf(service.world, filter),
    webhookCalls: () => service.webhooks.calls(),
    received: (path) => recorder.received(path),
    callsUsed: () => service.usage.today(service.settings.now(), service.settings).calls,
  };
}

const NOISE = 1;

function activitiesOf(
  { log, settings }: World,
  { leadId, typeId }: { leadId?: number; typeId?: number },
): readonly SandboxActivity[] {
  const wanted = log.all().filter((activity) => {
    const isOfType = typeId === undefined ? activity.typeId !== NOISE : activity.typeId === typeId;
    return isOfType && (leadId === undefined || activity.leadId === leadId);
  });
  return wanted.map((activity) => ({
    marketoGUID: guidOf(activity),
    leadId: activity.leadId,
    activityTypeId: activity.typeId,
    atMs: activity.atMs,
    visibleAtMs: activity.visibleAtMs,
    primaryAttributeValue: primaryValueOf(activity, settings),
    attributes: attributesOf(activity, settings),
  }));
}

function controls(service: Service, recorder: Recorder): Pick<SandboxMarketo, Controls> {
  return {
    settled: () => service.webhooks.settled(),
    useCalls: (count) => {
      service.usage.today(service.settings.now(), service.settings).calls += count;
    },
    setFaults: (plan) => {
      service.setFaults(plan);
    },
    failNext: (path, ...faults) => {
      service.failNext(path, faults);
    },
    expireAccessToken: () => {
      service.expireAccessToken();
    },
    refusePagingTokens: (code = '1003') => {
      service.refusePagingTokens(code);
    },
    configure: (changes) => {
      service.configure(changes);
    },
    reset: async () => {
      await service.reset();
      recorder.clear();
    },
  };
}
