import * as z from 'zod/mini';
import type { ResourceGraph } from '../../azure/resource-graph.ts';

/** A vault or Managed HSM as Azure Resource Graph describes it to whoever asks. */
export type FoundSource = ReturnType<typeof foundSource>;

/** Every Key Vault and Managed HSM, and every system topic of a vault. Ordered by id and without limit, so that it has pages. */
const discoveryQuery = `resources
| where type in~ ('microsoft.keyvault/vaults', 'microsoft.keyvault/managedhsms', 'microsoft.eventgrid/systemtopics')
| project id, name, type, location, resourceGroup, subscriptionId,
    rbac = properties.enableRbacAuthorization,
    publicNetworkAccess = properties.publicNetworkAccess,
    defaultAction = properties.networkAcls.defaultAction,
    purgeProtection = properties.enablePurgeProtection,
    topicSource = properties.source,
    topicIdentity = identity.type
| order by id asc`;

const text = z.string();
const maybeText = z.nullish(z.string());
const maybeFlag = z.nullish(z.boolean());
const row = z.object({
  id: text,
  name: text,
  type: text,
  location: text,
  resourceGroup: text,
  subscriptionId: text,
  rbac: maybeFlag,
  publicNetworkAccess: maybeText,
  defaultAction: maybeText,
  purgeProtection: maybeFlag,
  topicSource: maybeText,
  topicIdentity: maybeText,
});
type Row = z.infer<typeof row>;

/**
 * Every source that this identity may see, in the subscriptions named or in all, vaults before Managed HSMs, by name.
 * @throws ServiceError, OutOfTime, or an error that names the row that is not as documented.
 */
export async function findSources(
  graph: ResourceGraph,
  subscriptionIds: readonly string[],
  deadline: AbortSignal,
): Promise<FoundSource[]> {
  const rows: Row[] = [];
  for await (const one of graph.query(discoveryQuery, subscriptionIds, deadline)) rows.push(row.parse(one));
  const topics = rows.filter(({ type }) => type.toLowerCase() === 'microsoft.eventgrid/systemtopics');
  const topicOf = new Map(topics.map((topic) => [topic.topicSource?.toLowerCase(), topic]));
  return rows
    .filter(({ type }) => /^microsoft\.keyvault\//i.test(type))
    .map((one) => foundSource(one, topicOf.get(one.id.toLowerCase())))
    .sort(({ source: a }, { source: b }) => b.kind.localeCompare(a.kind) || a.name.localeCompare(b.name));
}

/** @param topic the Event Grid system topic of a vault; there can be only one. */
function foundSource(one: Row, topic: Row | undefined) {
  const isVault = one.type.toLowerCase() === 'microsoft.keyvault/vaults';
  return {
    source: { kind: isVault ? 'vault' : 'managedHsm', name: one.name.toLowerCase() },
    subscriptionId: one.subscriptionId,
    resourceGroup: one.resourceGroup,
    location: one.location,
    /** How a vault decides who may do what. A Managed HSM has local roles. */
    accessModel: isVault ? (one.rbac === true ? 'rbac' : 'accessPolicy') : 'localRbac',
    /** Reachable from anywhere, by identity alone; otherwise it takes a private endpoint or an address on its list. */
    publicAccess: one.publicNetworkAccess?.toLowerCase() !== 'disabled' && one.defaultAction?.toLowerCase() !== 'deny',
    purgeProtection: one.purgeProtection === true,
    topic: topic && {
      name: topic.name,
      resourceGroup: topic.resourceGroup,
      /** Without a system-assigned identity it cannot deliver to the escrow. */
      hasIdentity: /SystemAssigned/i.test(topic.topicIdentity ?? ''),
    },
  } as const;
}
