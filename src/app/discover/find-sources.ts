import * as z from 'zod/mini';
import type { ResourceGraph } from '../../azure/resource-graph.ts';
import type { SourceId } from '../../escrow/model/source.ts';

/** How a vault decides who may do what. A Managed HSM has local roles. */
export type AccessModel = 'rbac' | 'accessPolicy' | 'localRbac';

/** The Event Grid system topic of a vault; there can be only one. */
export interface SystemTopic {
  readonly name: string;
  readonly resourceGroup: string;
  /** Without a system-assigned identity it cannot deliver to the escrow. */
  readonly hasIdentity: boolean;
}

/** A vault or Managed HSM as Azure Resource Graph describes it to whoever asks. */
export interface FoundSource {
  readonly source: SourceId;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly location: string;
  readonly accessModel: AccessModel;
  /** Reachable from anywhere, by identity alone; otherwise it takes a private endpoint or an address on its list. */
  readonly publicAccess: boolean;
  readonly purgeProtection: boolean;
  readonly topic: SystemTopic | undefined;
}

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
 * Every source that this identity may see, in the subscriptions named or in all, sorted by kind and name.
 * @throws ServiceError, OutOfTime, or an error that names the row that is not as documented.
 */
export async function findSources(
  graph: ResourceGraph,
  subscriptionIds: readonly string[],
  deadline: AbortSignal,
): Promise<FoundSource[]> {
  const rows: Row[] = [];
  for await (const one of graph.query(discoveryQuery, subscriptionIds, deadline)) rows.push(row.parse(one));
  const topics = new Map<string, SystemTopic>();
  for (const { type, topicSource, topicIdentity, name, resourceGroup } of rows) {
    if (type.toLowerCase() !== 'microsoft.eventgrid/systemtopics' || topicSource == null) continue;
    topics.set(topicSource.toLowerCase(), {
      name,
      resourceGroup,
      hasIdentity: /SystemAssigned/i.test(topicIdentity ?? ''),
    });
  }
  return rows
    .filter(({ type }) => /^microsoft\.keyvault\//i.test(type))
    .map((one) => foundSource(one, topics.get(one.id.toLowerCase())))
    .sort((a, b) => (`${a.source.kind}/${a.source.name}` < `${b.source.kind}/${b.source.name}` ? 1 : -1));
}

function foundSource(one: Row, topic: SystemTopic | undefined): FoundSource {
  const isVault = one.type.toLowerCase() === 'microsoft.keyvault/vaults';
  const isOpen = one.publicNetworkAccess?.toLowerCase() !== 'disabled' && one.defaultAction?.toLowerCase() !== 'deny';
  return {
    source: { kind: isVault ? 'vault' : 'managedHsm', name: one.name.toLowerCase() },
    subscriptionId: one.subscriptionId,
    resourceGroup: one.resourceGroup,
    location: one.location,
    accessModel: isVault ? (one.rbac === true ? 'rbac' : 'accessPolicy') : 'localRbac',
    publicAccess: isOpen,
    purgeProtection: one.purgeProtection === true,
    topic,
  };
}
