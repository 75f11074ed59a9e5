import { ambientFunctions, type DeploymentPlace, resourceIdOf } from './deployment-place.ts';
import { type EvaluationScope, evaluate, evaluatePropertyCopies } from './evaluation.ts';
import { runtimeValue } from './runtime-value.ts';
import type { Template, TemplateResource } from './template.ts';
import { parametersOf } from './template-parameters.ts';

/** A resource that the deployment would really create or change. */
export interface DeployedResource {
  readonly type: string;
  readonly name: string;
  readonly id: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string | undefined;
  /** For an extension resource: the id of what it extends. */
  readonly scope: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** What Azure would answer for a property that only it knows; undefined: leave it open. */
export type AzureAnswers = (resource: Pick<DeployedResource, 'id' | 'type' | 'name'>) => object | undefined;

export interface Deployment {
  readonly resources: readonly DeployedResource[];
  readonly outputs: Readonly<Record<string, unknown>>;
}

/**
 * Expands a template as Azure Resource Manager would: parameters with their defaults, loops, conditions, nested deployments
 * with their outputs. What only Azure knows stays a {@link RuntimeValue}, unless `answers` gives it.
 *
 * @throws on an unknown function, a missing parameter, a reference to what is not deployed, a decision on a runtime value.
 */
export function expandTemplate(
  template: Template,
  given: Readonly<Record<string, unknown>>,
  place: DeploymentPlace,
  answers: AzureAnswers = () => undefined,
): Deployment {
  const declaredResources = Object.fromEntries(Object.entries<TemplateResource>(template.resources));
  const hasSymbols = !Array.isArray(template.resources);
  const resources: DeployedResource[] = [];
  const nested = new Map<string, Deployment>();
  const variables = new Map<string, unknown>();

  const scope: EvaluationScope = {
    parameter: (name) => {
      if (!(name in parameters)) throw new Error(`The template has no parameter "${name}".`);
      return parameters[name];
    },
    variable: (name) => {
      if (!variables.has(name)) variables.set(name, readVariable(name));
      return variables.get(name);
    },
    reference: (symbol, full) => referTo(symbol, full),
    ambient: ambientFunctions(place),
    templateFunction: (name) => ownFunction(name),
    copyIndexes: new Map(),
    lambdaVariables: new Map(),
  };
  const parameters = parametersOf(template.parameters ?? {}, given, scope);

  function readVariable(name: string): unknown {
    const copies = (template.variables?.copy ?? []) as Parameters<typeof evaluatePropertyCopies>[0];
    const copy = copies.find((one) => one.name === name);
    if (copy !== undefined) return evaluatePropertyCopies([copy], scope)[name];
    if (template.variables === undefined || !(name in template.variables)) {
      throw new Error(`The template has no variable "${name}".`);
    }
    return evaluate(template.variables[name], scope);
  }

  function ownFunction(name: string): ((given: unknown[]) => unknown) | undefined {
    for (const { namespace, members } of template.functions ?? []) {
      const member = Object.entries(members).find(([key]) => `${namespace}.${key}` === name)?.[1];
      if (member === undefined) continue;
      return (values) =>
        evaluate(member.output.value, {
          ...scope,
          parameter: (wanted) => {
            const index = member.parameters.findIndex((one) => one.name === wanted);
            if (index < 0) throw new Error(`${name}() has no parameter "${wanted}".`);
            return values[index];
          },
          variable: (wanted) => {
            throw new Error(`${name}() cannot see the variable "${wanted}".`);
          },
        });
    }
    return undefined;
  }

  /** The resource behind "symbol" or "symbol[2]", with the loop's index in scope. */
  function find(symbol: string): { resource: TemplateResource; within: EvaluationScope } {
    const [, name = '', index] = /^(\w[\w:]*)(?:\[(\d+)\])?$/.exec(symbol) ?? [];
    const resource = declaredResources[name];
    if (resource === undefined) throw new Error(`Nothing in the template is called "${symbol}".`);
    const copyIndexes =
      resource.copy === undefined ? scope.copyIndexes : new Map([[resource.copy.name, Number(index)]]);
    return { resource, within: { ...scope, copyIndexes } };
  }

  const isDeployed = (resource: TemplateResource, within: EvaluationScope): boolean =>
    resource.condition === undefined || evaluate(resource.condition, within) === true;

  function referTo(symbol: string, full: boolean): unknown {
    const { resource, within } = find(symbol);
    if (!isDeployed(resource, within)) throw new Error(`"${symbol}" is referred to, and not deployed.`);
    if (resource.type === 'Microsoft.Resources/deployments') {
      const { outputs } = deployNested(symbol, resource, within);
      return { outputs: Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, { value }])) };
    }
    const name = String(evaluate(resource.name, within));
    const id = resourceIdOf(place, resource.type, name, extended(resource, within));
    return answers({ id, type: resource.type, name }) ?? runtimeValue(full ? id : `${id}.properties`);
  }

  const extended = (resource: TemplateResource, within: EvaluationScope): string | undefined =>
    resource.scope === undefined ? undefined : String(evaluate(resource.scope, within));

  function deployNested(symbol: string, resource: TemplateResource, within: EvaluationScope): Deployment {
    const known = nested.get(symbol);
    if (known !== undefined) return known;
    const properties = resource.properties as { template: Template; parameters?: Record<string, unknown> };
    const given = Object.fromEntries(
      Object.entries(properties.parameters ?? {}).map(([name, entry]) => [
        name,
        // The whole entry may be an expression whose result holds `value`.
        (evaluate(entry, within) as { value?: unknown }).value,
      ]),
    );
    const inner: DeploymentPlace = {
      ...place,
      subscriptionId: String(evaluate(resource.subscriptionId ?? place.subscriptionId, within)),
      // Without a place of its own it is deployed where its parent is.
      resourceGroup:
        resource.resourceGroup === undefined
          ? resource.subscriptionId === undefined
            ? place.resourceGroup
            : undefined
          : String(evaluate(resource.resourceGroup, within)),
    };
    const deployment = expandTemplate(properties.template, given, inner, answers);
    nested.set(symbol, deployment);
    return deployment;
  }

  for (const [name, declared] of Object.entries(declaredResources)) {
    if (declared.existing === true) continue;
    const count = declared.copy === undefined ? 1 : Number(evaluate(declared.copy.count, scope));
    for (let index = 0; index < count; index += 1) {
      const symbol = declared.copy === undefined ? name : `${name}[${index}]`;
      const { resource, within } = find(symbol);
      if (!isDeployed(resource, within)) continue;
      for (const dependency of hasSymbols ? (resource.dependsOn ?? []) : []) {
        const wanted = String(evaluate(dependency, within)).replace(/\[\d+\]$/, '');
        if (!(wanted in declaredResources)) throw new Error(`"${symbol}" waits for "${wanted}", which is nowhere.`);
      }
      if (resource.type === 'Microsoft.Resources/deployments') {
        resources.push(...deployNested(symbol, resource, within).resources);
        continue;
      }
      const { copy: _copy, condition: _condition, dependsOn: _dependsOn, ...rest } = resource;
      const body = evaluate(rest, within) as Record<string, unknown>;
      const resourceName = String(body.name);
      resources.push({
        type: resource.type,
        name: resourceName,
        id: resourceIdOf(place, resource.type, resourceName, extended(resource, within)),
        subscriptionId: place.subscriptionId,
        resourceGroup: place.resourceGroup,
        scope: extended(resource, within),
        body,
        properties: (body.properties ?? {}) as Record<string, unknown>,
      });
    }
  }

  const outputs: Record<string, unknown> = {};
  for (const [name, output] of Object.entries(template.outputs ?? {})) {
    const copy = output.copy as { count: unknown; input: unknown } | undefined;
    outputs[name] =
      copy === undefined ? evaluate(output.value, scope) : evaluatePropertyCopies([{ name, ...copy }], scope)[name];
  }
  return { resources, outputs };
}
