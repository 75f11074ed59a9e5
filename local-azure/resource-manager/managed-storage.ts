/** The escrow's storage account, as its administration knows it. */
export interface ManagedStorage {
  /** Its resource id. */
  readonly id: string;
  sku: string;
  /** By container, as a deployment makes them; undefined: the container has none. */
  readonly policies: Map<string, { days: number; state: 'Unlocked' | 'Locked' } | undefined>;
}

const account = 'Microsoft.Storage/storageAccounts/read';
const container = 'Microsoft.Storage/storageAccounts/blobServices/containers/read';

/** What lets somebody see how the escrow is kept: the role "see how the escrow is kept" of `infra/`. */
export const seeStorage = [account, container] as const;

/** As `infra/` leaves it. Azurite keeps no policy: that nothing is overwritten is the gate's doing here. */
export function managedStorage(name: string, containers: readonly string[]): ManagedStorage {
  const group = '/subscriptions/00000000-0000-0000-0000-00000000c0de/resourceGroups/rg-key-escrow-local-escrow';
  return {
    id: `${group}/providers/Microsoft.Storage/storageAccounts/${name}`,
    sku: 'Standard_RAGZRS',
    policies: new Map(containers.map((one) => [one, { days: 365, state: 'Unlocked' }])),
  };
}

/**
 * Answers a GET on the account or on one of its containers.
 * https://learn.microsoft.com/rest/api/storagerp/blob-containers/get
 */
export function answerStorageQuestion(
  url: URL,
  storage: ManagedStorage,
  mayDo: (action: string) => boolean,
): object | { readonly status: number; readonly code: string; readonly message: string } {
  if (url.searchParams.get('api-version') !== '2024-01-01') {
    return { status: 400, code: 'InvalidApiVersionParameter', message: 'The api-version is invalid.' };
  }
  const [id, name] = url.pathname.split('/blobServices/default/containers/');
  const isAccount = id?.toLowerCase() === storage.id.toLowerCase();
  // As from the service: whoever may not see it does not hear whether it is there.
  const action = name === undefined ? account : container;
  if (!mayDo(action)) {
    const message = `The client does not have authorization to perform action '${action}' over scope '${url.pathname}' or the scope is invalid.`;
    return { status: 403, code: 'AuthorizationFailed', message };
  }
  if (!isAccount || (name !== undefined && !storage.policies.has(name))) {
    return { status: 404, code: 'ResourceNotFound', message: `The Resource '${url.pathname}' was not found.` };
  }
  if (name === undefined) return { id, sku: { name: storage.sku, tier: 'Standard' }, kind: 'StorageV2' };
  const policy = storage.policies.get(name);
  const properties = policy && { immutabilityPeriodSinceCreationInDays: policy.days, state: policy.state };
  return {
    id: url.pathname,
    name,
    properties: {
      publicAccess: 'None',
      hasImmutabilityPolicy: policy !== undefined,
      hasLegalHold: false,
      ...(properties && { immutabilityPolicy: { etag: '"8d59f825b721dd3"', properties, updateHistory: [] } }),
    },
  };
}
