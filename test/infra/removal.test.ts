import { describe, expect, it } from 'vitest';
import {
  auditPrincipalId,
  backupPrincipalId,
  deploymentSubscription,
  deployNamed,
  parameterSetNames,
  parametersNamed,
} from './support/parameter-sets.ts';
import { ResourceGraph } from './support/resource-graph.ts';
import { escrowAccount, ofType, roleAssignments, roleNames } from './support/resources.ts';

const own = [backupPrincipalId, auditPrincipalId];

describe.each(parameterSetNames)('removing %s', (name) => {
  const deployment = deployNamed(name);
  const lines = deployment.outputs.removalCommands as string[];

  function remove(): ResourceGraph {
    const graph = new ResourceGraph(deployment);
    for (const line of lines) graph.run(line);
    return graph;
  }

  it('works in the order written, and leaves the escrow whole', () => {
    const { left } = remove();
    const escrow = escrowAccount(deployment);
    const ids = new Set(left.map((one) => one.id));
    for (const one of deployment.resources) {
      const isEscrow = one.id.startsWith(escrow.id) && one.type !== 'Microsoft.Authorization/roleAssignments';
      if (isEscrow) expect(ids).toContain(one.id);
    }
    expect(
      left.filter((one) => one.resourceGroup === `rg-key-escrow-${String(parametersNamed(name).environmentName)}`),
    ).toEqual([]);
  });

  it('leaves the lock on the escrow as it was', () => {
    const locks = (graph: ResourceGraph) =>
      graph.left
        .filter((one) => one.type === 'Microsoft.Authorization/locks')
        .map(({ id, properties }) => [id, properties.level]);
    expect(locks(remove())).toEqual(locks(new ResourceGraph(deployment)));
  });

  it('leaves the apps’ identities no right anywhere, and no event on its way to them', () => {
    const { left } = remove();
    const resources = left;
    const rights = roleAssignments({ resources, outputs: {} }).filter((one) => own.includes(one.principalId));
    expect(rights).toEqual([]);
    for (const { properties } of ofType({ resources, outputs: {} }, 'Microsoft.KeyVault/vaults/accessPolicies')) {
      expect(properties.accessPolicies).toEqual([]);
    }
    expect(ofType({ resources, outputs: {} }, 'Microsoft.EventGrid/systemTopics/eventSubscriptions')).toEqual([]);
    expect(ofType({ resources, outputs: {} }, 'Microsoft.Network/privateEndpoints')).toEqual([]);
  });

  it('touches no vault: only rights, policies and events on it', () => {
    for (const line of lines.filter((one) => one.startsWith('az resource delete'))) {
      expect(line).toMatch(/\/eventSubscriptions\/key-escrow-\w+"$/);
    }
  });
});

describe('the order of removal', () => {
  const deployment = deployNamed('one-vault');
  const lines = deployment.outputs.removalCommands as string[];
  const without = (pattern: RegExp) => () => {
    const graph = new ResourceGraph(deployment);
    for (const line of lines.filter((one) => !pattern.test(one))) graph.run(line);
  };

  it('matters: the app’s group cannot go first, the endpoint not while the lock is on', () => {
    const group = `az group delete --subscription "${deploymentSubscription}" --name "rg-key-escrow-small"`;
    expect(() => new ResourceGraph(deployment).run(group)).toThrow(/InUseSubnetCannotBeDeleted/);
    expect(without(/az lock delete/)).toThrow(/ScopeLocked/);
    expect(without(/private-endpoint delete/)).toThrow(/InUseSubnetCannotBeDeleted/);
  });

  it('keeps the escrow’s group from going by any slip', () => {
    const escrowGroup = `az group delete --subscription "${deploymentSubscription}" --name "rg-key-escrow-small-escrow"`;
    const graph = new ResourceGraph(deployment);
    for (const line of lines) graph.run(line);
    expect(() => graph.run(escrowGroup)).toThrow(/ScopeLocked/);
  });
});

describe('the lines that give people their roles', () => {
  const deployment = deployNamed('many-sources');
  const lines = deployment.outputs.roleCommands as Record<string, string[]>;
  const defined = roleNames(deployment);
  const ids = new Set(deployment.resources.map((one) => one.id));
  const vaultIds = new Set(
    roleAssignments(deployment)
      .map((one) => one.on)
      .filter((on) => on.includes('/Microsoft.KeyVault/vaults/')),
  );

  it.each(Object.entries(lines))('name real roles and real places: %s', (_, ofRole) => {
    for (const line of ofRole) {
      if (line.startsWith('az keyvault')) continue;
      const [, role = '', scope = ''] = /--role "([^"]+)" --scope "([^"]+)"/.exec(line) ?? [];
      if (role.startsWith('/')) {
        expect(defined.has(role), line).toBe(true);
        expect(role.split('/')[2]).toBe(scope.split('/')[2]);
      }
      const isKnown = ids.has(scope) || vaultIds.has(scope) || scope.includes('/vaults/contoso-legacy');
      expect(isKnown || scope.includes('<drill vault>'), line).toBe(true);
      expect(line).toContain('--assignee-object-id "$WHO"');
    }
  });

  it('let an auditor read every source and all of the escrow', () => {
    expect(lines.auditor).toHaveLength(6);
    expect(lines.auditor?.at(-1)).toContain('--hsm-name "contoso-hsm"');
    expect(lines.auditor?.[0]).toContain(`--scope "${escrowAccount(deployment).id}"`);
  });

  it('let a requester send to the queue, and see both queues, which doctor needs', () => {
    const roles = lines.requester?.map((line) => /--role "([^"]+)".*\/([^/"]+)"$/.exec(line)?.slice(1));
    expect(roles).toEqual([
      ['Storage Queue Data Message Sender', 'key-escrow-requests'],
      ['Storage Queue Data Reader', 'key-escrow-requests'],
      ['Storage Queue Data Reader', 'key-escrow-requests-poison'],
    ]);
  });

  it('let a drill operator add receipts, and nothing to the backups', () => {
    const [first, second] = lines.drillOperator ?? [];
    expect(defined.get(/--role "([^"]+)"/.exec(first ?? '')?.[1] ?? '')).toMatch(/^Key escrow: auditor/);
    expect(defined.get(/--role "([^"]+)"/.exec(second ?? '')?.[1] ?? '')).toMatch(/^Key escrow: drill operator/);
    expect(second).toMatch(/\/containers\/key-escrow-drills"$/);
  });
});
