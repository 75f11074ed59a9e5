import type { DeployedResource, Deployment } from './deployment.ts';

/**
 * What a deployment made, as Azure keeps it, taking the lines of the Azure CLI that remove or lock something. As strict as the
 * service about locks (azurerm#17478, #11770): nothing under a CanNotDelete lock goes away, no role assignment on it, and no
 * private endpoint that leads to it. A group goes whole or not at all, and not while somebody else's endpoint is in its network.
 */
export class ResourceGraph {
  private readonly resources: Map<string, DeployedResource>;

  constructor({ resources }: Deployment) {
    this.resources = new Map(resources.map((one) => [one.id.toLowerCase(), one]));
  }

  get left(): readonly DeployedResource[] {
    return [...this.resources.values()];
  }

  /** Runs a line; comments do nothing. @throws as the service refuses. */
  run(line: string): void {
    if (line.startsWith('#')) return;
    const words = Array.from(line.matchAll(/"([^"]*)"|(\S+)/g), ([, quoted, plain]) => quoted ?? plain ?? '');
    const option = (name: string): string => words[words.indexOf(name) + 1] ?? '';
    const verb = words.slice(
      0,
      words.findIndex((word) => word.startsWith('--')),
    );
    const actions: Record<string, () => void> = {
      'az resource delete': () => this.remove([this.find(option('--ids'))]),
      'az network private-endpoint delete': () => this.remove([this.find(option('--ids'))]),
      'az role assignment delete': () => this.remove([this.find(option('--ids'))]),
      'az lock delete': () => void this.resources.delete(this.find(option('--ids')).id.toLowerCase()),
      'az lock create': () => this.lock(this.find(option('--resource')), option('--name'), option('--lock-type')),
      'az group delete': () => this.removeGroup(option('--subscription'), option('--name')),
      'az keyvault delete-policy': () => this.removePolicy(option('--name'), option('--object-id')),
      // The roles of a Managed HSM are its own.
      'az keyvault role assignment delete': () => undefined,
    };
    const action = actions[verb.join(' ')];
    if (action === undefined) throw new Error(`The resource graph does not know this line: ${line}`);
    action();
  }

  private find(id: string): DeployedResource {
    const found = this.resources.get(id.toLowerCase());
    if (found === undefined) throw new Error(`ResourceNotFound: ${id}`);
    return found;
  }

  private isLocked(id: string): boolean {
    return this.left.some(
      ({ type, scope }) => type === 'Microsoft.Authorization/locks' && scope !== undefined && isWithin(id, scope),
    );
  }

  private remove(going: readonly DeployedResource[]): void {
    for (const one of going) {
      if (this.isLocked(one.id)) throw new Error(`ScopeLocked: ${one.id}`);
      const target = endpointTarget(one);
      if (target !== undefined && this.isLocked(target)) {
        throw new Error(`ScopeLocked: ${target}/privateEndpointConnectionProxies of ${one.id}`);
      }
    }
    for (const one of going) {
      for (const id of this.resources.keys()) if (isWithin(id, one.id)) this.resources.delete(id);
    }
  }

  private removeGroup(subscriptionId: string, name: string): void {
    const groupId = `/subscriptions/${subscriptionId}/resourceGroups/${name}`;
    const going = this.left.filter((one) => isWithin(one.id, groupId));
    const inUse = this.left.find(
      ({ id, properties }) =>
        !isWithin(id, groupId) &&
        isWithin(String((properties.subnet as { id?: string } | undefined)?.id ?? ''), groupId),
    );
    if (inUse !== undefined) throw new Error(`InUseSubnetCannotBeDeleted: ${inUse.id}`);
    this.remove([this.find(groupId), ...going]);
  }

  private removePolicy(vaultName: string, objectId: string): void {
    const policies = this.left.find((one) => one.id.endsWith(`/vaults/${vaultName}/accessPolicies/add`));
    const entries = (policies?.properties.accessPolicies ?? []) as { objectId: string }[];
    const left = entries.filter((one) => one.objectId !== objectId);
    if (policies === undefined || left.length === entries.length) throw new Error(`No policy of ${objectId}`);
    this.resources.set(policies.id.toLowerCase(), {
      ...policies,
      properties: { ...policies.properties, accessPolicies: left },
    });
  }

  private lock(target: DeployedResource, name: string, level: string): void {
    const id = `${target.id}/providers/Microsoft.Authorization/locks/${name}`;
    const { subscriptionId, resourceGroup } = target;
    const properties = { level };
    const type = 'Microsoft.Authorization/locks';
    const lock = { type, name, id, subscriptionId, resourceGroup, scope: target.id, body: { properties }, properties };
    this.resources.set(id.toLowerCase(), lock);
  }
}

const isWithin = (id: string, parent: string): boolean =>
  id.toLowerCase() === parent.toLowerCase() || id.toLowerCase().startsWith(`${parent.toLowerCase()}/`);

function endpointTarget({ type, properties }: DeployedResource): string | undefined {
  if (type !== 'Microsoft.Network/privateEndpoints') return undefined;
  const [link] = properties.privateLinkServiceConnections as [{ properties: { privateLinkServiceId: string } }];
  return link.properties.privateLinkServiceId;
}
