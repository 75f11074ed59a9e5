import { readFileSync } from 'node:fs';
import { type AzureAnswers, type Deployment, expandTemplate } from './deployment.ts';
import type { Template } from './template.ts';

const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));

/** The compiled template as it is committed and deployed. */
export const template = read('../../../infra/azuredeploy.json') as Template;

export const deploymentSubscription = '11111111-1111-4111-8111-111111111111';
export const platformSubscription = '22222222-2222-4222-8222-222222222222';
export const vaultOnlySubscription = '33333333-3333-4333-8333-333333333333';
export const tenantId = '99999999-9999-4999-8999-999999999999';
export const backupPrincipalId = '44444444-4444-4444-8444-444444444444';
export const backupClientId = '55555555-5555-4555-8555-555555555555';
export const auditPrincipalId = '77777777-7777-4777-8777-777777777777';
export const auditClientId = '88888888-8888-4888-8888-888888888888';

export const parameterSetNames = ['one-vault', 'many-sources', 'no-network'] as const;
export type ParameterSetName = (typeof parameterSetNames)[number];

export function parametersNamed(name: ParameterSetName): Record<string, unknown> {
  const { parameters } = read(`../parameter-sets/${name}.json`) as { parameters: Record<string, { value: unknown }> };
  return Object.fromEntries(Object.entries(parameters).map(([key, { value }]) => [key, value]));
}

const answers: AzureAnswers = ({ type, name, id }) => {
  if (type === 'Microsoft.ManagedIdentity/userAssignedIdentities') {
    return name.endsWith('-audit')
      ? { principalId: auditPrincipalId, clientId: auditClientId }
      : { principalId: backupPrincipalId, clientId: backupClientId };
  }
  if (type === 'Microsoft.Storage/storageAccounts') {
    const endpoint = (service: string): string => `https://${name}.${service}.core.windows.net/`;
    return { primaryEndpoints: { blob: endpoint('blob'), queue: endpoint('queue'), table: endpoint('table') } };
  }
  // An existing workspace: it may be in another region than the deployment.
  if (type === 'Microsoft.OperationalInsights/workspaces') return { location: `region of ${name}` };
  if (type === 'Microsoft.EventGrid/systemTopics') return { identity: { principalId: `identity of ${id}` } };
  return undefined;
};

/** What a deployment of a parameter set would create, some of its parameters changed. */
export const deployNamed = (name: ParameterSetName, changed: object = {}): Deployment =>
  deploy({ ...parametersNamed(name), ...changed });

/** What a deployment of the committed template with these parameters would create. */
export function deploy(parameters: Record<string, unknown>, subscriptionId = deploymentSubscription): Deployment {
  return expandTemplate(
    template,
    parameters,
    {
      tenantId,
      subscriptionId,
      resourceGroup: undefined,
      cloud: { name: 'AzureCloud', storageSuffix: 'core.windows.net' },
    },
    answers,
  );
}
