/** The Marketo endpoints that this project calls. A new call is one entry here. */
const DOCS = 'https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest';

interface Endpoint {
  readonly method: 'GET' | 'POST';
  /** `{object}` is `leads` or `activities`, `{exportId}` the id of an extract. */
  readonly path: `/${'rest' | 'bulk'}/v1/${string}`;
  /** From the first byte of the request to the last of the answer; of a file, to the first. */
  readonly timeoutMs: number;
  readonly docs: string;
}

const USUAL_MS = 30_000;

export const ENDPOINTS = {
  pagingToken: {
    method: 'GET',
    path: '/rest/v1/activities/pagingtoken.json',
    timeoutMs: 300_000, // as long as Marketo itself takes for one, at most
    docs: `${DOCS}/paging-tokens`,
  },
  activities: {
    method: 'GET',
    path: '/rest/v1/activities.json',
    timeoutMs: USUAL_MS,
    docs: `${DOCS}/lead-database/activities`,
  },
  leadChanges: {
    method: 'GET',
    path: '/rest/v1/activities/leadchanges.json',
    timeoutMs: USUAL_MS,
    docs: `${DOCS}/lead-database/activities`,
  },
  leads: {
    method: 'GET',
    path: '/rest/v1/leads.json',
    timeoutMs: USUAL_MS,
    docs: `${DOCS}/lead-database/leads`,
  },
  describeLeads: {
    method: 'GET',
    path: '/rest/v1/leads/describe.json',
    timeoutMs: USUAL_MS,
    docs: `${DOCS}/lead-database/leads`,
  },
  usage: {
    method: 'GET',
    path: '/rest/v1/stats/usage.json',
    timeoutMs: USUAL_MS,
    docs: `${DOCS}/endpoint-reference`,
  },
  createExtract: {
    method: 'POST',
    path: '/bulk/v1/{object}/export/create.json',
    timeoutMs: USUAL_MS,
    docs: `${DOCS}/bulk-extract/bulk-activity-extract`,
  },
  enqueueExtract: {
    method: 'POST',
    path: '/bulk/v1/{object}/export/{exportId}/enqueue.json',
    timeoutMs: USUAL_MS,
    docs: `${DOCS}/bulk-extract/bulk-activity-extract`,
  },
  extractStatus: {
    method: 'GET',
    path: '/bulk/v1/{object}/export/{exportId}/status.json',
    timeoutMs: USUAL_MS,
    docs: `${DOCS}/bulk-extract/bulk-activity-extract`,
  },
  cancelExtract: {
    method: 'POST',
    path: '/bulk/v1/{object}/export/{exportId}/cancel.json',
    timeoutMs: USUAL_MS,
    docs: `${DOCS}/bulk-extract/bulk-lead-extract`,
  },
  extractFile: {
    method: 'GET',
    path: '/bulk/v1/{object}/export/{exportId}/file.json',
    timeoutMs: USUAL_MS,
    docs: `${DOCS}/bulk-extract/bulk-lead-extract`,
  },
} as const satisfies Readonly<Record<string, Endpoint>>;
export type EndpointName = keyof typeof ENDPOINTS;

export interface MarketoRequest {
  readonly endpoint: EndpointName;
  /** Fills the braces of the path. */
  readonly place?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: unknown;
}

export function pathOf({ endpoint, place = {} }: MarketoRequest): string {
  return ENDPOINTS[endpoint].path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(place[name] ?? ''),
  );
}
