import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deploymentProviders } from '../../../infra/hooks/providers.ts';
import { deploymentSubscription, platformSubscription } from './parameter-sets.ts';
import '../../support/command-end.ts';

const hooks = fileURLToPath(new URL('../../../infra/hooks/', import.meta.url));

/**
 * Stands in for `az` and `azd`: a subscription whose providers are registered as they are asked to be, kept in a folder of small
 * files with a journal of every call. Its answers have the shape of the real tools' (az 2.78, azd 1.31). In the language of the
 * shell, because a hook calls it ten times, and a shell starts twenty times as fast as Node.
 */
const standIn = `#!/bin/sh
tool=\${0##*/}
cd "$TOOLS_STATE" || exit 1
echo "$tool $*" >>calls
fail() { echo "$1" >&2; exit 1; }
verb=$tool
while [ $# -gt 0 ] && [ "\${1#-}" = "$1" ]; do verb="$verb $1"; shift; done
[ ! -e account ] || read -r at <account
registration=Registering
while [ $# -gt 0 ]; do
  case $1 in
    --name) name=$2 ;;
    --namespace) namespace=$2 ;;
    --subscription) at=$2 ;;
    --wait) registration=Registered ;;
  esac
  shift
done
# A file of the state as a whole, or the failure of the tool where it is not there.
answer() { if [ -e "$1" ]; then cat "$1"; else fail "$2"; fi; }
value() { [ -e "$1" ] || fail "$2"; read -r value <"$1"; }
case $verb in
  'azd version') value azd; echo "{\\"azd\\":{\\"version\\":\\"$value\\",\\"commit\\":\\"abc\\"}}" ;;
  'azd env get-values') answer azdValues 'ERROR: no project exists; to create a new project, run azd init' ;;
  'az version') value az; echo "{\\"azure-cli\\":\\"$value\\",\\"azure-cli-core\\":\\"$value\\",\\"extensions\\":{}}" ;;
  'az bicep version')
    value bicep 'Bicep CLI not found. Install it now by running "az bicep install".'
    echo "Bicep CLI version $value (0ab1c2d3e4)" ;;
  'az account show')
    value account "Please run 'az login' to setup account."
    echo "{\\"id\\":\\"$at\\",\\"tenantId\\":\\"t\\",\\"state\\":\\"Enabled\\"}" ;;
  'az group show')
    value "group.$name" '(ResourceGroupNotFound) Resource group could not be found.'
    echo "{\\"name\\":\\"$name\\",\\"location\\":\\"$value\\"}" ;;
  'az provider list')
    for file in "provider.$at."*; do
      [ -e "$file" ] || continue
      value "$file"
      list="$list\${list:+,}{\\"namespace\\":\\"\${file#provider.$at.}\\",\\"registrationState\\":\\"$value\\"}"
    done
    echo "[$list]" ;;
  'az provider register')
    [ ! -e "denied.$at" ] || fail '(AuthorizationFailed) The client does not have authorization to perform action register/action'
    echo "$registration" >"provider.$at.$namespace" ;;
  'az deployment sub show') answer "deployment.$name" '(DeploymentNotFound) Deployment could not be found.' ;;
  *) fail "the stand-in does not know: $verb" ;;
esac
`;

/** What the tools are, and what they know; what is left out is as a person has it who is ready to deploy. */
interface ToolState {
  readonly azd?: string;
  readonly az?: string;
  readonly bicep?: string | undefined;
  readonly account?: string | undefined;
  /** Of the resource groups by name: where each is. */
  readonly groups?: Readonly<Record<string, string>>;
  /** Of the subscriptions: the state of each provider. */
  readonly providers?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Subscriptions in which nobody may register. */
  readonly denied?: readonly string[];
  readonly deployments?: Readonly<Record<string, object>>;
  readonly azdValues?: object;
}

/** A folder in which a person deploys, with both tools installed. */
export function createHookPlace(folder: string) {
  const bin = join(folder, 'bin');
  const kept = join(folder, 'tools');
  for (const name of ['bin', 'infra']) mkdirSync(join(folder, name));
  const place = {
    folder,
    installTool(tool: 'az' | 'azd'): void {
      writeFileSync(join(bin, tool), standIn);
      chmodSync(join(bin, tool), 0o755);
    },
    removeTool: (tool: 'az' | 'azd') => rmSync(join(bin, tool)),
    setTools(state: ToolState): void {
      const ready = { azd: '1.31.2', az: '2.78.0', bicep: '0.38.33', account: deploymentSubscription };
      const {
        groups = {},
        providers = providersOf('Registered'),
        denied = [],
        deployments = {},
        azdValues,
        ...rest
      } = state;
      const files: Record<string, string | undefined> = { calls: '', ...ready, ...rest };
      for (const [name, location] of Object.entries(groups)) files[`group.${name}`] = location;
      for (const [id, states] of Object.entries(providers))
        for (const [namespace, registered] of Object.entries(states)) files[`provider.${id}.${namespace}`] = registered;
      for (const id of denied) files[`denied.${id}`] = '';
      for (const [name, deployment] of Object.entries(deployments))
        files[`deployment.${name}`] = JSON.stringify(deployment);
      if (azdValues !== undefined) files.azdValues = JSON.stringify(azdValues);
      rmSync(kept, { recursive: true, force: true });
      mkdirSync(kept);
      for (const [name, text] of Object.entries(files))
        if (text !== undefined) writeFileSync(join(kept, name), text === '' ? '' : `${text}\n`);
    },
    calls: (): string[] => readFileSync(join(kept, 'calls'), 'utf8').split('\n').filter(Boolean),
    /** The state of each provider of a subscription now. */
    providersIn(subscriptionId: string): Record<string, string> {
      const prefix = `provider.${subscriptionId}.`;
      const names = readdirSync(kept).filter((name) => name.startsWith(prefix));
      return Object.fromEntries(
        names.map((name) => [name.slice(prefix.length), readFileSync(join(kept, name), 'utf8').trim()]),
      );
    },
    setSources: (sources: unknown) =>
      writeFileSync(
        join(folder, 'infra', 'sources.json'),
        typeof sources === 'string' ? sources : JSON.stringify(sources),
      ),
    /** Runs a hook as npm does: in the project's folder, with the tools on the PATH and nothing else of the machine's Azure. */
    run(hook: string, given: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
      const { NODE_COMPILE_CACHE = '' } = process.env;
      return spawnSync(process.execPath, [join(hooks, hook), ...given], {
        encoding: 'utf8',
        cwd: folder,
        env: { PATH: [bin, '/usr/bin', '/bin'].join(delimiter), TOOLS_STATE: kept, NODE_COMPILE_CACHE, ...env },
      });
    },
  };
  for (const tool of ['az', 'azd'] as const) place.installTool(tool);
  place.setTools({});
  place.setSources([
    { vaultName: 'contoso-prod', resourceGroup: 'rg', location: 'westeurope', subscriptionId: deploymentSubscription },
  ]);
  return place;
}

/** Everything that a deployment needs in its own subscription, and something in the sources'. */
export function providersOf(state: 'Registered' | 'NotRegistered'): Record<string, Record<string, string>> {
  const deployment = Object.fromEntries(deploymentProviders.map((one) => [one, state]));
  return { [deploymentSubscription]: deployment, [platformSubscription]: { 'Microsoft.Storage': 'Registered' } };
}
