/** The kinds of activities, as activities/types.json lists them. */

interface TypeAttribute {
  readonly name: string;
  readonly dataType: 'string' | 'integer' | 'boolean' | 'datetime';
}

export interface ActivityType {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly primaryAttribute?: TypeAttribute;
  readonly attributes: readonly TypeAttribute[];
}

const attribute = (name: string, dataType: TypeAttribute['dataType'] = 'string'): TypeAttribute => ({
  name,
  dataType,
});
const attributes = (...names: readonly string[]): readonly TypeAttribute[] =>
  names.map((name) => attribute(name));

export const ACTIVITY_TYPES: readonly ActivityType[] = [
  {
    id: 1,
    name: 'Visit Webpage',
    description: 'User visits a web page',
    primaryAttribute: attribute('Webpage ID', 'integer'),
    attributes: attributes('Client IP Address', 'Query Parameters', 'Referrer URL', 'User Agent'),
  },
  {
    id: 6,
    name: 'Send Email',
    description: 'Send Marketo Email to a person',
    primaryAttribute: attribute('Mailing ID', 'integer'),
    attributes: [attribute('Campaign Run ID', 'integer'), attribute('Step ID', 'integer')],
  },
  {
    id: 9,
    name: 'Unsubscribe Email',
    description: 'Person unsubscribed from Marketo emails',
    primaryAttribute: attribute('Mailing ID', 'integer'),
    attributes: [
      attribute('Campaign Run ID', 'integer'),
      ...attributes('Client IP Address', 'Form Fields'),
      attribute('Has Predictive', 'boolean'),
      ...attributes('Query Parameters', 'Referrer URL'),
      attribute('Test Variant', 'integer'),
      attribute('User Agent'),
      attribute('Webform ID', 'integer'),
      attribute('Webpage ID', 'integer'),
    ],
  },
  {
    id: 12,
    name: 'New Lead',
    description: 'New person/record is added to the lead database',
    attributes: [
      ...attributes('API Method Name'),
      attribute('Created Date', 'datetime'),
      ...attributes('Form Name', 'Lead Source', 'List Name', 'Modifying User', 'Request Id', 'SFDC Type'),
      attribute('Source Type'),
    ],
  },
  {
    id: 13,
    name: 'Change Data Value',
    description: 'Changed attribute value for a person/record',
    primaryAttribute: attribute('Attribute Name'),
    attributes: attributes('New Value', 'Old Value', 'Reason', 'Source'),
  },
  {
    id: 27,
    name: 'Email Bounced Soft',
    description: 'Campaign email is bounced soft for a person',
    primaryAttribute: attribute('Mailing ID', 'integer'),
    attributes: attributes('Details', 'Email'),
  },
  {
    id: 32,
    name: 'Merge Leads',
    description: 'Person/record merged',
    primaryAttribute: attribute('Lead ID', 'integer'),
    attributes: [
      attribute('Master Updated', 'boolean'),
      ...attributes('Merge IDs', 'Merge Source'),
      attribute('Merged in Sales', 'boolean'),
    ],
  },
  {
    id: 37,
    name: 'Delete Lead',
    description: 'Delete lead',
    primaryAttribute: attribute('Lead ID', 'integer'),
    attributes: [attribute('API Method Name'), attribute('Remove from CRM', 'boolean')],
  },
  {
    id: 110,
    name: 'Call Webhook',
    description: 'Called Webhook',
    primaryAttribute: attribute('Webhook', 'integer'),
    attributes: attributes('Error Type', 'Response'),
  },
];
