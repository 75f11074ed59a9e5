import { describe, expect, it } from 'vitest';
import { analyzeKql } from '../../infra/kql-language.ts';
import { readQueries } from '../../infra/queries.ts';
import { backupClientId, deployNamed, type ParameterSetName, parameterSetNames } from './support/parameter-sets.ts';
import { alarmRules, hostAccount, ofType, theOne } from './support/resources.ts';

const rules = (name: ParameterSetName) => alarmRules(deployNamed(name));

describe.each(parameterSetNames)('the alarms of %s', (name) => {
  it.each(rules(name))('$name asks a question that Kusto understands', ({ criterion }) => {
    expect(criterion.query).not.toMatch(/__[A-Z_]+__/);
    const { faults, columns } = analyzeKql(criterion.query);
    expect(faults).toEqual([]);
    expect(columns).toEqual(expect.arrayContaining(criterion.dimensions.map((one) => one.name)));
  });

  it.each(rules(name))('$name fires on one row and reaches somebody', ({ criterion, properties }) => {
    expect(criterion).toMatchObject({ timeAggregation: 'Count', operator: 'GreaterThan', threshold: 0 });
    expect(properties).toMatchObject({ enabled: true, autoMitigate: true });
    expect((properties.actions as { actionGroups: unknown[] }).actionGroups).toHaveLength(1);
  });
});

describe('the alarms', () => {
  it('are one for each way in which the escrow can fail silently', () => {
    expect(rules('one-vault').map((one) => one.name)).toEqual([
      'key-escrow-small-no-scheduled-run',
      'key-escrow-small-run-incomplete',
      'key-escrow-small-no-audit',
      'key-escrow-small-coverage-gap',
      'key-escrow-small-audit-chain',
      'key-escrow-small-audit-writer',
      'key-escrow-small-request-lost',
    ]);
  });

  it('look for silence in the schedule’s period and two hours', () => {
    const hours = (name: 'one-vault' | 'many-sources') =>
      /where runTime > ago\((\d+)h\)/.exec(rules(name)[0]?.criterion.query ?? '')?.[1];
    expect(hours('one-vault')).toBe('26');
    expect(hours('many-sources')).toBe('14');
  });

  it('watch the poison queue of the host’s own account', () => {
    const deployment = deployNamed('one-vault');
    const { criterion } = rules('one-vault').find((one) => one.name.endsWith('request-lost')) ?? {};
    expect(criterion?.query).toContain(`AccountName == '${hostAccount(deployment).name}'`);
    expect(criterion?.query).toContain("'key-escrow-requests-poison'");
  });

  it('watch who else backs up keys where the vaults’ logs are given, and only there', () => {
    const foreign = rules('many-sources').find((one) => one.name.endsWith('foreign-backup'));
    expect(foreign?.criterion.query).toContain(backupClientId);
    expect(foreign?.criterion.query).toContain('"vaults/contoso-prod","vaults/contoso-legacy"');
    expect(foreign?.properties.scopes).toEqual([expect.stringMatching(/\/workspaces\/log-vaults$/)]);
  });

  it('are in the region of the workspace that they ask, wherever the escrow is', () => {
    for (const { name, location } of rules('many-sources'))
      expect(location, name).toBe(name.endsWith('foreign-backup') ? 'region of log-vaults' : 'region of log-platform');
    expect(rules('one-vault')[0]?.location).toBe('westeurope');
  });

  it('answer although no table of theirs has ever had a row', () => {
    for (const { name, criterion } of rules('many-sources'))
      expect(criterion.query, name).toMatch(/isfuzzy=true\s+\(datatable/);
  });

  it('reach e-mail addresses and webhooks, or a group that exists', () => {
    const group = theOne(deployNamed('many-sources'), 'Microsoft.Insights/actionGroups');
    expect(group.properties).toMatchObject({
      emailReceivers: [{ emailAddress: 'keys@contoso.example' }, { emailAddress: 'oncall@contoso.example' }],
      webhookReceivers: [{ name: 'pager', serviceUri: 'https://pager.contoso.example/hook' }],
    });
    expect(ofType(deployNamed('no-network'), 'Microsoft.Insights/actionGroups')).toEqual([]);
    expect(rules('no-network')[0]?.properties.actions).toEqual({
      actionGroups: [expect.stringMatching(/\/actionGroups\/ag-oncall$/)],
    });
  });
});

function workbookQueries(): string[] {
  const workbook = theOne(deployNamed('many-sources'), 'Microsoft.Insights/workbooks');
  const { items } = JSON.parse(String(workbook.properties.serializedData)) as {
    items: { type: number; content: { query?: string } }[];
  };
  return items.filter((one) => one.type === 3).map((one) => String(one.content.query));
}

describe('the workbook', () => {
  const queries = workbookQueries();

  it('asks only what Kusto understands', () => {
    expect(queries).toHaveLength(3);
    for (const query of queries) expect(analyzeKql(query).faults).toEqual([]);
  });

  it('shows every configured source, also one that no line was ever written of', () => {
    expect(queries[0]).toContain('"vaults/contoso-legacy"');
    expect(queries[0]).toContain('"managed-hsms/contoso-hsm"');
  });
});

describe('every query file', () => {
  it('is deployed, by an alarm or in the workbook', () => {
    const deployed = [...rules('many-sources').map((one) => one.criterion.query), ...workbookQueries()];
    for (const [name, kql] of Object.entries(readQueries())) {
      const [firstLine = ''] = kql.split('\n');
      const isDeployed = deployed.some((query) => query.includes(`\n${firstLine}`));
      expect(isDeployed, name).toBe(true);
    }
  });
});
