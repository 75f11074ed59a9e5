import type { TokenCredential } from '@azure/identity';
import type { ContainerProtection, StorageAdministration } from '../escrow/ports/storage-protection.ts';
import type { Clock } from './http/clock.ts';
import { asObject, parseObject } from './http/service-answer.ts';
import { createResourceManager } from './resource-manager.ts';

const apiVersion = '2024-01-01';
/** The management plane may be out of reach of a closed network: an audit does not wait for it. */
const maxWaitMs = 45_000;

/**
 * The storage account of the escrow as Azure Resource Manager has it: one GET for its redundancy, one for each container. They take
 * `storageAccounts/read` and `blobServices/containers/read`, which show no key and no blob. The data plane says only that a container
 * has some policy, neither how long nor whether it is locked.
 * https://learn.microsoft.com/rest/api/storagerp/blob-containers/get
 * @param endpoint of Azure Resource Manager.
 */
export function createStorageAccount(
  accountId: string,
  endpoint: string,
  credential: TokenCredential,
  clock: Clock,
): StorageAdministration {
  const { ask, invalid } = createResourceManager(endpoint, credential, clock, 'Resource Manager');
  const get = async (path: string, deadline: AbortSignal): Promise<Readonly<Record<string, unknown>>> => {
    const request = { method: 'GET', path: `${accountId}${path}?api-version=${apiVersion}` } as const;
    const { bodyAsText } = await ask(request, AbortSignal.any([deadline, AbortSignal.timeout(maxWaitMs)]));
    const body = parseObject(bodyAsText);
    if (body === undefined) throw invalid('the answer is not JSON');
    return body;
  };
  return {
    async redundancy(deadline) {
      const { name } = asObject((await get('', deadline)).sku);
      if (typeof name !== 'string' || !/^\w{1,40}$/.test(name)) throw invalid('the answer names no redundancy');
      return name;
    },
    async protectionOf(container, deadline): Promise<ContainerProtection> {
      const { properties } = await get(`/blobServices/default/containers/${container}`, deadline);
      const { immutabilityPolicy, hasImmutabilityPolicy } = asObject(properties);
      if (hasImmutabilityPolicy === false) return { container, policy: 'none' };
      const { state, immutabilityPeriodSinceCreationInDays: days } = asObject(asObject(immutabilityPolicy).properties);
      const isKnown = state === 'Locked' || state === 'Unlocked';
      if (!isKnown || typeof days !== 'number' || !Number.isSafeInteger(days) || days < 0) {
        throw invalid('the answer says nothing of the immutability policy that this version understands');
      }
      return { container, policy: state === 'Locked' ? 'locked' : 'unlocked', retentionDays: days };
    },
  };
}

/** `/subscriptions/…/resourceGroups/…/providers/Microsoft.Storage/storageAccounts/<account>`. */
const accountIdPattern =
  /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[\w.()-]{1,90}\/providers\/Microsoft\.Storage\/storageAccounts\/([a-z0-9]{3,24})$/i;

/** The account's name in a resource id; undefined for what is none of a storage account. */
export function accountNameOf(resourceId: string): string | undefined {
  return accountIdPattern.exec(resourceId)?.[1]?.toLowerCase();
}
