import { describe, expect, it } from 'vitest';
import { expandTemplate } from './support/deployment.ts';
import { isRuntimeValue } from './support/runtime-value.ts';
import type { Template } from './support/template.ts';

const place = {
  tenantId: 'tenant',
  subscriptionId: 'here',
  resourceGroup: 'group',
  cloud: { name: 'AzureCloud', storageSuffix: 'core.windows.net' },
};

const account = { type: 'Microsoft.Storage/storageAccounts', apiVersion: '2024-01-01' };

function outputOf(value: unknown, given: Record<string, unknown> = {}, resources: Template['resources'] = {}): unknown {
  const parameters = Object.fromEntries(Object.keys(given).map((name) => [name, { type: 'object' }]));
  const outputs = { value: { value } };
  return expandTemplate({ languageVersion: '2.0', parameters, resources, outputs }, given, place).outputs.value;
}

describe('the template evaluator', () => {
  it('evaluates what the compiler writes', () => {
    expect(outputOf("[format('{0}-{1}', toLower('A''B'), add(1, 2))]")).toBe("a'b-3");
    expect(outputOf("[map(range(0, 3), lambda('n', add(lambdaVariables('n'), 10)))]")).toEqual([10, 11, 12]);
    const p = { there: ['x'] };
    expect(outputOf("[coalesce(tryGet(parameters('p'), 'none', 'deeper'), parameters('p').there[0])]", { p })).toBe(
      'x',
    );
    expect(
      outputOf("[union(createObject('a', createObject('b', 1)), createObject('a', createObject('c', 2)))]"),
    ).toEqual({ a: { b: 1, c: 2 } });
    expect(outputOf('[[not an expression]')).toBe('[not an expression]');
  });

  it('makes the GUIDs that Azure makes', () => {
    expect(outputOf("[guid('a', 'b')]")).toBe('2d796349-8c7e-55ec-9624-54ece82ed031');
  });

  it('evaluates only the branch that is taken', () => {
    expect(outputOf("[if(true(), 'taken', parameters('missing'))]")).toBe('taken');
  });

  it('keeps what only Azure knows open, and refuses to decide on it', () => {
    const resources = { account: { ...account, name: 'store' } };
    const key = "reference('account').keys[0]";
    expect(isRuntimeValue(outputOf(`[${key}]`, {}, resources))).toBe(true);
    expect(outputOf(`[format('key {0}', ${key})]`, {}, resources)).toMatch(/^key <.*store\.properties\.keys\.0>$/);
    expect(() => outputOf(`[equals(${key}, 'x')]`, {}, resources)).toThrow(/known only in Azure/);
  });

  it('fails loudly on a function, a property or a resource that it does not know', () => {
    expect(() => outputOf("[dateTimeAdd('x')]")).toThrow(/dateTimeAdd\(\) is unknown/);
    expect(() => outputOf("[parameters('p').b]", { p: { a: 1 } })).toThrow(/no property "b"/);
    expect(() => outputOf("[reference('nobody')]")).toThrow(/Nothing in the template is called "nobody"/);
    expect(() => outputOf("[format('x'")).not.toThrow();
    expect(() => outputOf("[format('x']")).toThrow(/ends too early/);
  });

  it('refuses a reference to a resource that its condition left out', () => {
    const resources = { off: { ...account, name: 'off', condition: '[false()]' } };
    expect(() => outputOf("[reference('off').x]", {}, resources)).toThrow(/not deployed/);
  });

  it('refuses parameters that are missing, unknown or out of their limits', () => {
    const template: Template = { parameters: { size: { type: 'int', minValue: 2, maxValue: 4 } }, resources: {} };
    expect(() => expandTemplate(template, {}, place)).toThrow(/"size" is missing/);
    expect(() => expandTemplate(template, { size: 5 }, place)).toThrow(/"size" is above 4/);
    expect(() => expandTemplate(template, { size: 3, sise: 3 }, place)).toThrow(/no parameter sise/);
  });
});
