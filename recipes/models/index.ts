/** Every sync. A new model is a file beside this one and a line here; docs/models.md tells how. */
import type { SyncModel } from '../../domain/sync-model.js';
import { firstNamespaceEvent } from './first-namespace-event.js';
import { firstNamespace } from './first-namespace.js';
import { usersNamespaces } from './users-namespaces.js';

export const MODELS: readonly SyncModel[] = [usersNamespaces, firstNamespace, firstNamespaceEvent];

export function modelNamed(name: string, models: readonly SyncModel[] = MODELS): SyncModel | undefined {
  return models.find((model) => model.name === name);
}
