import { runTool } from './tool.ts';

/**
 * The resource providers that a deployment uses. Azure registers the one of a resource's type by itself; Microsoft.App is only
 * what a subnet is delegated to, so on a fresh subscription nobody registers it and the deployment fails.
 */
export const deploymentProviders = [
  'Microsoft.App',
  'Microsoft.Web',
  'Microsoft.Storage',
  'Microsoft.Network',
  'Microsoft.KeyVault',
  'Microsoft.EventGrid',
  'Microsoft.Insights',
  'Microsoft.OperationalInsights',
  'Microsoft.ManagedIdentity',
  'Microsoft.AlertsManagement',
] as const;

/** Those that something beside a source in another subscription, or the escrow account there, needs. */
export const otherProviders = [
  'Microsoft.Storage',
  'Microsoft.Network',
  'Microsoft.KeyVault',
  'Microsoft.EventGrid',
  'Microsoft.Insights',
] as const;

interface Provider {
  readonly namespace: string;
  readonly registrationState: string;
}

/**
 * Registers what is missing in a subscription and waits until it is there. All are begun before the first is waited for, because
 * each takes minutes.
 * @returns what could not be registered, with the remedy.
 */
export function registerProviders(
  subscriptionId: string,
  wanted: readonly string[],
  say: (line: string) => void,
): string[] {
  const at = ['--subscription', subscriptionId];
  const listed = runTool('az', 'provider', 'list', ...at, '--output', 'json');
  if (listed.kind !== 'done') {
    const reason = listed.kind === 'failed' ? listed.stderr : 'az is not on the PATH';
    return [`The resource providers of subscription ${subscriptionId} cannot be seen: ${reason}`];
  }
  const registered = new Set(
    (JSON.parse(listed.stdout) as Provider[])
      .filter((one) => one.registrationState === 'Registered')
      .map((one) => one.namespace.toLowerCase()),
  );
  const missing = wanted.filter((namespace) => !registered.has(namespace.toLowerCase()));
  if (missing.length === 0) {
    say(`Subscription ${subscriptionId}: every resource provider is registered.`);
    return [];
  }
  say(`Subscription ${subscriptionId}: registering ${missing.join(', ')}. This takes some minutes, once.`);
  const register = (namespace: string, ...more: string[]): string[] => {
    const answer = runTool('az', 'provider', 'register', '--namespace', namespace, ...at, ...more);
    if (answer.kind === 'done') return [];
    const reason = answer.kind === 'failed' ? answer.stderr : 'az is not on the PATH';
    return [
      `${namespace} could not be registered in subscription ${subscriptionId}: ${reason}. Somebody with "${namespace}/register/action" there (Contributor) runs: az provider register --namespace ${namespace} --subscription ${subscriptionId} --wait`,
    ];
  };
  const faults = missing.flatMap((namespace) => register(namespace));
  if (faults.length > 0) return faults;
  return missing.flatMap((namespace) => register(namespace, '--wait'));
}
