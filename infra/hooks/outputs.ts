import { runTool } from './tool.ts';

/** What the deployment put out: infra/main.bicep, at its end. */
export type DeploymentOutputs = Readonly<Record<string, unknown>>;

/** Why the outputs could not be had, with the remedy. */
export class NoOutputs extends Error {
  override readonly name = 'NoOutputs';
}

/**
 * The outputs of a deployment: of the one named, by the Azure CLI; else from azd's environment, which azd's hooks have as
 * variables and `azd env get-values` prints at any other time.
 * @throws NoOutputs
 */
export function readOutputs(
  deployment: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): DeploymentOutputs {
  if (deployment !== undefined) return outputsOfDeployment(deployment);
  if (env.commandLineSettings !== undefined) return fromVariables(env);
  const answer = runTool('azd', 'env', 'get-values', '--output', 'json');
  const values = answer.kind === 'done' ? JSON.parse(answer.stdout) : {};
  if (values.commandLineSettings === undefined) {
    throw new NoOutputs(
      'No deployment was found. After `azd provision` this works by itself; after `az deployment sub create --name NAME`, add: -- --deployment NAME',
    );
  }
  return fromVariables(values);
}

/** azd keeps texts as they are, and everything else as JSON. */
function fromVariables(values: Readonly<Record<string, string | undefined>>): DeploymentOutputs {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      value !== undefined && /^[[{]/.test(value) ? JSON.parse(value) : value,
    ]),
  );
}

function outputsOfDeployment(name: string): DeploymentOutputs {
  const answer = runTool('az', 'deployment', 'sub', 'show', '--name', name, '--output', 'json');
  if (answer.kind === 'missing') throw new NoOutputs('The Azure CLI (az) is not on the PATH.');
  if (answer.kind === 'failed') throw new NoOutputs(`The deployment ${name} cannot be read: ${answer.stderr}`);
  const { properties } = JSON.parse(answer.stdout);
  const outputs = Object.entries<{ value: unknown }>(properties?.outputs ?? {});
  if (outputs.length === 0) {
    throw new NoOutputs(
      `The deployment ${name} put nothing out: it is ${properties?.provisioningState ?? 'not there'}.`,
    );
  }
  return Object.fromEntries(outputs.map(([key, { value }]) => [key, value]));
}
