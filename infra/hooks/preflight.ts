import { parseArgs } from 'node:util';
import { checkAccount, checkSources, checkTools, type DeploymentWish } from './checks.ts';
import { deploymentProviders, otherProviders, registerProviders } from './providers.ts';

/**
 * `npm run infra:preflight`, and azd's hook before it provisions: what a first deployment fails on, reported at once and before anything
 * is made; then the resource providers. `--subscription ID` (also several) names more subscriptions, as that of the escrow account.
 */
const { env } = process;
const { values } = parseArgs({
  options: { subscription: { type: 'string', multiple: true, default: [] } },
});
const subscriptionId = env.AZURE_SUBSCRIPTION_ID;
const wish: DeploymentWish = {
  // azd sets both for its hooks.
  byAzd: env.AZURE_ENV_NAME !== undefined && subscriptionId !== undefined,
  environmentName: env.AZURE_ENV_NAME ?? 'prod',
  location: env.AZURE_LOCATION,
  subscriptionId,
  sourcesFile: 'infra/sources.json',
};
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const tools = checkTools(wish);
const sources = checkSources(wish);
const account = checkAccount(wish);
let faults = [...tools, ...sources.faults, ...account.faults];
if (faults.length === 0 && account.subscriptionId !== undefined) {
  const home = account.subscriptionId.toLowerCase();
  const others = new Set([...sources.subscriptionIds, ...values.subscription].map((id) => id.toLowerCase()));
  others.delete(home);
  faults = [
    ...registerProviders(home, deploymentProviders, say),
    ...[...others].flatMap((id) => registerProviders(id, otherProviders, say)),
  ];
}

if (faults.length === 0) say('Ready to deploy.');
else {
  process.stderr.write(`Not deployed, because:\n${faults.map((fault) => `- ${fault}`).join('\n')}\n`);
  process.exitCode = 1;
}
