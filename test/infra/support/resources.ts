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

export const escrowAccount = (deployment: Deployment): DeployedResource =>
  theOne(deployment, 'Microsoft.Storage/storageAccounts', /^stkeyesc/);

export const hostAccount = (deployment: Deployment): DeployedResource =>
  theOne(deployment, 'Microsoft.Storage/storageAccounts', /^stkeyhost/);

export const appSettings = (deployment: Deployment): Record<string, string> =>
  theOne(deployment, 'Microsoft.Web/sites/config', /\/appsettings$/).properties as Record<string, string>;

interface Permissions {
  readonly actions: string[];
  readonly notActions: string[];
  readonly dataActions: string[];
  readonly notDataActions: string[];
}

/** The permissions of the product's own roles, by the name under which the deployment puts them out. */
export function rolePermissions(deployment: Deployment): Record<string, Permissions> {
  const ids = deployment.outputs.roleDefinitionIds as Record<string, string>;
  const definitions = ofType(deployment, 'Microsoft.Authorization/roleDefinitions');
  return Object.fromEntries(
    Object.entries(ids).map(([name, id]) => {
      const definition = definitions.find((one) => one.id === id);
      if (definition === undefined) throw new Error(`No role definition has the id ${id}.`);
      const [permissions] = definition.properties.permissions as [Permissions];
      return [name, permissions];
    }),
  );
}

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
