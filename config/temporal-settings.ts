/**
 * How Temporal is reached. Read by @temporalio/envconfig, which also reads temporal.toml; listed here so that they are
 * documented and checked.
 */
import { define } from './setting.js';
import { secret, switchedOn, text } from './values.js';

export const TEMPORAL = {
  address: define({
    variable: 'TEMPORAL_ADDRESS',
    schema: text,
    about: 'Temporal server, host and port. Missing: npm start runs a development server itself.',
    example: 'localhost:7233',
    need: 'optional',
  }),
  namespace: define({
    variable: 'TEMPORAL_NAMESPACE',
    schema: text,
    about: 'Namespace of all workflows.',
    example: 'default',
    fallback: 'default',
    need: 'optional',
  }),
  apiKey: define({
    variable: 'TEMPORAL_API_KEY',
    schema: secret,
    about: 'API key of Temporal Cloud; turns TLS on.',
    example: '<API key>',
    secret: true,
    need: 'optional',
  }),
  tls: define({
    variable: 'TEMPORAL_TLS',
    schema: switchedOn,
    about: 'Whether the connection is encrypted.',
    example: 'true',
    need: 'optional',
  }),
  tlsServerName: define({
    variable: 'TEMPORAL_TLS_SERVER_NAME',
    schema: text,
    about: 'Name to expect in the server certificate, where it is not the host.',
    example: 'temporal.example.com',
    need: 'optional',
  }),
  tlsServerCaPath: define({
    variable: 'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
    schema: text,
    about: 'File with the certificate authority of the server, PEM.',
    example: '/run/secrets/temporal-ca.pem',
    need: 'optional',
  }),
  tlsClientCertPath: define({
    variable: 'TEMPORAL_TLS_CLIENT_CERT_PATH',
    schema: text,
    about: 'File with the client certificate, PEM; needs the key too.',
    example: '/run/secrets/temporal.pem',
    need: 'optional',
  }),
  tlsClientKeyPath: define({
    variable: 'TEMPORAL_TLS_CLIENT_KEY_PATH',
    schema: text,
    about: 'File with the key of the client certificate, PEM.',
    example: '/run/secrets/temporal.key',
    need: 'optional',
  }),
  configFile: define({
    variable: 'TEMPORAL_CONFIG_FILE',
    schema: text,
    about: "Temporal's own configuration file; variables win over it.",
    example: '/etc/temporal/temporal.toml',
    need: 'optional',
  }),
  profile: define({
    variable: 'TEMPORAL_PROFILE',
    schema: text,
    about: 'Profile within that file.',
    example: 'default',
    need: 'optional',
  }),
} as const;
