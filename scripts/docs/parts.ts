/** Every generated part of the documentation, by the name in its marker. */
import { configTable } from '../../config/reference.js';
import { commandsReference, exitCodesTable } from './commands.js';
import type { GeneratedPart } from './generated.js';
import { httpProblemsTable } from './http.js';
import { iterableLimitsTable } from './iterable-limits.js';
import { metricsTable } from './metrics.js';
import { MODEL_PARTS } from './models.js';
import { OPT_OUT_PARTS } from './opt-outs.js';
import { PRODUCT_EVENT_PARTS } from './product-events.js';
import { recipesTable } from './recipes.js';
import { marketoEndpointsTable, marketoFaultsTable, marketoSettingsTable } from './sandbox-marketo.js';
import { sandboxEndpointsTable, sandboxFaultsTable, sandboxSettingsTable } from './sandbox.js';
import { snowflakeFaultsTable, snowflakeSettingsTable } from './sandbox-snowflake.js';
import { cloudCommand, searchAttributesTable, selfHostedCommands } from './search-attributes.js';
import { taskQueuesTable } from './task-queues.js';

export const PARTS: readonly GeneratedPart[] = [
  ...PRODUCT_EVENT_PARTS,
  ...OPT_OUT_PARTS,
  ...MODEL_PARTS,
  { name: 'recipes', markdown: recipesTable },
  { name: 'settings', markdown: configTable },
  { name: 'commands', markdown: () => commandsReference() },
  { name: 'exit-codes', markdown: exitCodesTable },
  { name: 'search-attributes', markdown: searchAttributesTable },
  { name: 'search-attribute-commands', markdown: selfHostedCommands },
  { name: 'search-attribute-commands-cloud', markdown: cloudCommand },
  { name: 'metrics', markdown: metricsTable },
  { name: 'task-queues', markdown: taskQueuesTable },
  { name: 'iterable-limits', markdown: iterableLimitsTable },
  { name: 'http-problems', markdown: httpProblemsTable },
  { name: 'sandbox-endpoints', markdown: sandboxEndpointsTable },
  { name: 'sandbox-faults', markdown: sandboxFaultsTable },
  { name: 'sandbox-settings', markdown: sandboxSettingsTable },
  { name: 'sandbox-snowflake-faults', markdown: snowflakeFaultsTable },
  { name: 'sandbox-snowflake-settings', markdown: snowflakeSettingsTable },
  { name: 'sandbox-marketo-endpoints', markdown: marketoEndpointsTable },
  { name: 'sandbox-marketo-faults', markdown: marketoFaultsTable },
  { name: 'sandbox-marketo-settings', markdown: marketoSettingsTable },
];
