import { existsSync, readFileSync } from 'node:fs';
import { isSample, readSourcesFile } from '../../src/app/discover/sources-file.ts';
import { isAtLeast, runTool, type ToolAnswer } from './tool.ts';

/** The oldest versions that deploy this; why, is in docs/deploy.md. */
export const leastVersions = { azd: '1.24.1', az: '2.60.0', bicep: '0.34.1' } as const;

/** The inputs of the deployment. */
export interface DeploymentWish {
  /** Run by azd, which brings its own Bicep and asks for a region itself. */
  readonly byAzd: boolean;
  readonly environmentName: string;
  readonly location: string | undefined;
  readonly subscriptionId: string | undefined;
  readonly sourcesFile: string;
}

/** Everything that is wrong with the tools, as sentences with their remedies. */
export function checkTools({ byAzd }: DeploymentWish): string[] {
  const azd = runTool('azd', 'version', '--output', 'json');
  const az = runTool('az', 'version', '--output', 'json');
  const faults = [
    ...(byAzd || azd.kind !== 'missing'
      ? checkVersion('azd', azd, (text) => JSON.parse(text).azd?.version, 'https://aka.ms/azd-install')
      : []),
    ...checkVersion('az', az, (text) => JSON.parse(text)['azure-cli'], 'https://aka.ms/azure-cli'),
  ];
  if (byAzd || az.kind === 'missing') return faults;
  const bicep = runTool('az', 'bicep', 'version');
  const versionOf = (text: string): string | undefined => /\d+\.\d+\.\d+/.exec(text)?.[0];
  return [...faults, ...checkVersion('bicep', bicep, versionOf, 'az bicep upgrade')];
}

function checkVersion(
  tool: keyof typeof leastVersions,
  answer: ToolAnswer,
  versionIn: (stdout: string) => string | undefined,
  remedy: string,
): string[] {
  const least = leastVersions[tool];
  if (answer.kind === 'missing') return [`${tool} is not on the PATH. Install ${least} or later: ${remedy}`];
  if (answer.kind === 'failed')
    return [`${tool} does not print its version: ${answer.stderr}. Install it anew: ${remedy}`];
  const version = tryToRead(answer.stdout, versionIn) ?? 'unknown';
  return isAtLeast(version, least) ? [] : [`${tool} is version ${version}; ${least} or later is needed: ${remedy}`];
}

function tryToRead(text: string, read: (text: string) => string | undefined): string | undefined {
  try {
    return read(text);
  } catch {
    return undefined;
  }
}

/** The list of sources: there, in order, and not the sample any more. */
export function checkSources({ sourcesFile }: DeploymentWish): { faults: string[]; subscriptionIds: string[] } {
  if (!existsSync(sourcesFile)) {
    const remedy = 'npm run escrow -- discover --write infra/sources.json';
    return { faults: [`${sourcesFile} is not there. Write it: ${remedy}`], subscriptionIds: [] };
  }
  const { entries, faults } = readSourcesFile(readFileSync(sourcesFile, 'utf8'), sourcesFile);
  const subscriptionIds = entries.flatMap(({ subscriptionId }) => subscriptionId ?? []);
  return {
    faults: entries.some(isSample)
      ? [
          ...faults,
          `${sourcesFile} still names the sample's subscription. Write your own: npm run escrow -- discover --write infra/sources.json`,
        ]
      : faults,
    subscriptionIds,
  };
}

/** The account and the place: signed in, a region, and no resource group of that name elsewhere. */
export function checkAccount(wish: DeploymentWish): { faults: string[]; subscriptionId: string | undefined } {
  const { byAzd, environmentName, location, subscriptionId } = wish;
  const at = subscriptionId === undefined ? [] : ['--subscription', subscriptionId];
  const account = runTool('az', 'account', 'show', ...at, '--output', 'json');
  if (account.kind !== 'done') {
    const reason = account.kind === 'failed' ? account.stderr : 'az is not on the PATH';
    return {
      faults: [`The Azure CLI sees no subscription to deploy to: ${reason}. Run: az login`],
      subscriptionId: undefined,
    };
  }
  const id = String(JSON.parse(account.stdout).id);
  if (location === undefined) {
    const remedy = byAzd ? 'azd env set AZURE_LOCATION <region>' : 'export AZURE_LOCATION=<region>';
    return { faults: [`No region was chosen. Run: ${remedy}`], subscriptionId: id };
  }
  const groupName = `rg-key-escrow-${environmentName}`;
  const group = runTool('az', 'group', 'show', '--name', groupName, '--subscription', id, '--output', 'json');
  if (group.kind !== 'done') return { faults: [], subscriptionId: id };
  const plain = (text: string): string => text.toLowerCase().replaceAll(' ', '');
  const elsewhere = String(JSON.parse(group.stdout).location);
  return {
    faults:
      plain(elsewhere) === plain(location)
        ? []
        : [
            `The resource group ${groupName} is in ${elsewhere}, not in ${location}: an escrow does not move. Deploy to ${elsewhere}, or begin another escrow under another environment name (docs/deploy.md, "Move an escrow").`,
          ],
    subscriptionId: id,
  };
}
