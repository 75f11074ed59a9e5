/** Where a template is deployed, and in which cloud. */
export interface DeploymentPlace {
  readonly tenantId: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string | undefined;
  readonly cloud: { readonly name: string; readonly storageSuffix: string };
}

const isType = (value: unknown): boolean => typeof value === 'string' && /^[A-Za-z]+\.[A-Za-z.]+\/./.test(value);

function providerPath(type: string, names: readonly string[]): string {
  const [namespace = '', ...kinds] = type.split('/');
  if (kinds.length !== names.length) throw new Error(`${type} needs ${kinds.length} names and has ${names.length}.`);
  return `/providers/${namespace}${kinds.map((kind, index) => `/${kind}/${names[index]}`).join('')}`;
}

const groupPath = (subscriptionId: string, resourceGroup: string | undefined): string =>
  `/subscriptions/${subscriptionId}${resourceGroup === undefined ? '' : `/resourceGroups/${resourceGroup}`}`;

/** The id that Azure would give a resource deployed here; an extension resource is under the id that it extends. */
export function resourceIdOf(place: DeploymentPlace, type: string, name: string, extended?: string): string {
  if (type === 'Microsoft.Resources/resourceGroups') return groupPath(place.subscriptionId, name);
  const at = extended ?? groupPath(place.subscriptionId, place.resourceGroup);
  return `${at}${providerPath(type, name.split('/'))}`;
}

/** The functions whose answer depends on the place. */
export function ambientFunctions(place: DeploymentPlace): Record<string, (...given: unknown[]) => unknown> {
  const resourceId =
    (group: boolean) =>
    (...given: unknown[]): string => {
      const at = given.findIndex(isType);
      const [type, ...names] = given.slice(at).map(String);
      if (at < 0 || type === undefined) throw new Error(`No resource type in ${JSON.stringify(given)}.`);
      const before = given.slice(0, at).map(String);
      const subscriptionId = (group ? before.at(-2) : before.at(-1)) ?? place.subscriptionId;
      const resourceGroup = group ? (before.at(-1) ?? place.resourceGroup) : undefined;
      const path = names.flatMap((name) => name.split('/'));
      return `${groupPath(subscriptionId, resourceGroup)}${providerPath(type, path)}`;
    };
  return {
    deployment: () => ({ name: 'test' }),
    environment: () => ({ name: place.cloud.name, suffixes: { storage: place.cloud.storageSuffix } }),
    resourceId: resourceId(true),
    subscriptionResourceId: resourceId(false),
    subscription: () => ({
      id: `/subscriptions/${place.subscriptionId}`,
      subscriptionId: place.subscriptionId,
      tenantId: place.tenantId,
    }),
    tenant: () => ({ tenantId: place.tenantId }),
  };
}
