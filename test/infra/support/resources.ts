import type { DeployedResource, Deployment } from './deployment.ts';

/** Resources of one type, in the order of the template. */
export const ofType = ({ resources }: Deployment, type: string): DeployedResource[] =>
  resources.filter((one) => one.type.toLowerCase() === type.toLowerCase());

/** The only resource of a type whose name fits; @throws when there is none or another. */
export function theOne(deployment: Deployment, type: string, name: RegExp = /./): DeployedResource {
  const found = ofType(deployment, type).filter((one) => name.test(one.name));
  const [first] = found;
  if (first === undefined || found.length > 1)
    throw new Error(`Expected one ${type} like ${name}, found ${found.length}.`);
  return first;
}

const storageAccount = (name: RegExp) => (deployment: Deployment) =>
  theOne(deployment, 'Microsoft.Storage/storageAccounts', name);
export const escrowAccount = storageAccount(/^stkeyesc/);
export const hostAccount = storageAccount(/^stkeyhost/);
export const auditHostAccount = storageAccount(/^stkeyaudit/);

/** The app that backs up, or the one that audits. */
export const appOf = (deployment: Deployment, part: 'escrow' | 'audit'): DeployedResource =>
  theOne(deployment, 'Microsoft.Web/sites', new RegExp(`^func-key-${part}-`));

/** The settings of the app that backs up, or of the one that audits. */
export const appSettings = (deployment: Deployment, part: 'escrow' | 'audit' = 'escrow'): Record<string, string> =>
  theOne(deployment, 'Microsoft.Web/sites/config', new RegExp(`^func-key-${part}-.*/appsettings$`))
    .properties as Record<string, string>;

/** The alarms: each rule with the question that it asks. */
export const alarmRules = (deployment: Deployment) =>
  ofType(deployment, 'Microsoft.Insights/scheduledQueryRules').map(({ name, properties, body }) => {
    const [criterion] = (properties.criteria as { allOf: [Criterion] }).allOf;
    return { name, properties, criterion, location: body.location };
  });

interface Criterion {
  readonly query: string;
  readonly dimensions: { readonly name: string }[];
}

export const retentionPolicies = (deployment: Deployment): DeployedResource[] =>
  ofType(deployment, 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies');

export const roleDefinitions = (deployment: Deployment): DeployedResource[] =>
  ofType(deployment, 'Microsoft.Authorization/roleDefinitions');

/** The names of the product's own roles, by the ids of their definitions. */
export const roleNames = (deployment: Deployment): Map<string, string> =>
  new Map(roleDefinitions(deployment).map(({ id, properties }) => [id, String(properties.roleName)]));

interface Permissions {
  readonly actions: string[];
  readonly notActions: string[];
  readonly dataActions: string[];
  readonly notDataActions: string[];
}

const titles = {
  vaultBackup: 'back up keys',
  recordCreation: 'create records',
  restoreOperator: 'restore operator',
  drillOperator: 'drill operator',
  auditor: 'auditor',
  storageReader: 'see how the escrow is kept',
} as const;
export type RoleKey = keyof typeof titles;
export const roleKeys = Object.keys(titles) as RoleKey[];

/** One of the product's own roles, as it is defined in a subscription. */
export function roleDefinition(deployment: Deployment, key: RoleKey, subscriptionId: string): DeployedResource {
  const found = roleDefinitions(deployment).filter(
    ({ id, properties }) =>
      id.startsWith(`/subscriptions/${subscriptionId}/`) &&
      String(properties.roleName).startsWith(`Key escrow: ${titles[key]} (`),
  );
  const [first] = found;
  if (first === undefined || found.length > 1) throw new Error(`Found ${found.length} definitions of ${key}.`);
  return first;
}

export const permissionsOf = ({ properties }: DeployedResource): Permissions =>
  (properties.permissions as [Permissions])[0];

export interface RoleAssignment {
  readonly on: string;
  readonly roleDefinitionId: string;
  readonly principalId: string;
}

export const roleAssignments = (deployment: Deployment): RoleAssignment[] =>
  ofType(deployment, 'Microsoft.Authorization/roleAssignments').map(({ scope, properties }) => ({
    on: String(scope),
    roleDefinitionId: String(properties.roleDefinitionId),
    principalId: String(properties.principalId),
  }));
