import type { KqlRow } from './kql-expressions.ts';
import { answerKql } from './kql-tables.ts';
import { deploy, escrowClientId, parametersNamed } from './parameter-sets.ts';
import { ofType } from './resources.ts';

/** The instant at which the alarms look: three hours after the audit of a nightly schedule. */
export const now = new Date('2026-11-24T09:00:00Z');
export const lastNight = '20261124T020000Z';
export const hostAccountName = 'stkeyhost';

export interface LogEntry {
  /** Hours before `now`; a fraction for minutes. */
  readonly hoursAgo: number;
  readonly line: Readonly<Record<string, unknown>>;
}

export interface Logs {
  readonly lines?: readonly LogEntry[];
  /** Hours before `now` at which a message was put on the poison queue. */
  readonly poisoned?: readonly number[];
  readonly vaultLogs?: readonly KqlRow[];
  readonly oldVaultLogs?: readonly KqlRow[];
}

const at = (hoursAgo: number): Date => new Date(now.getTime() - hoursAgo * 3_600_000);

const vault = (vaultName: string): object => ({
  kind: 'vault',
  vaultName,
  resourceGroup: 'rg',
  location: 'westeurope',
});

/** The queries of the deployed alarms of two vaults, `a-vault` and `b-vault`, by the last part of the rule's name. */
const queries = new Map(
  ofType(
    deploy({
      ...parametersNamed('one-vault'),
      sources: [vault('a-vault'), vault('b-vault')],
      alarms: { vaultLogs: { workspaceId: '/workspace', location: 'westeurope' } },
    }),
    'Microsoft.Insights/scheduledQueryRules',
  ).map(({ name, properties }) => {
    const [{ query }] = (properties.criteria as { allOf: [{ query: string }] }).allOf;
    return [name.replace('key-escrow-small-', ''), query.replace(/stkeyhost\w{13}/, hostAccountName)];
  }),
);

export const alarmNames = [...queries.keys()];

/** The rows that an alarm's query finds: each is an alarm raised. */
export function raised(
  alarm: string,
  { lines = [], poisoned = [], vaultLogs = [], oldVaultLogs = [] }: Logs,
): readonly KqlRow[] {
  const query = queries.get(alarm);
  if (query === undefined) throw new Error(`No alarm is called "${alarm}": ${alarmNames.join(', ')}.`);
  const tables = {
    AppTraces: lines.map(({ hoursAgo, line }) => ({ TimeGenerated: at(hoursAgo), Message: JSON.stringify(line) })),
    StorageQueueLogs: poisoned.map((hoursAgo) => ({
      TimeGenerated: at(hoursAgo),
      AccountName: hostAccountName,
      OperationName: 'PutMessage',
      StatusText: 'Success',
      ObjectKey: `/${hostAccountName}/key-escrow-requests-poison`,
      Uri: `https://${hostAccountName}.queue.core.windows.net/key-escrow-requests-poison/messages`,
    })),
    AZKVAuditLogs: vaultLogs,
    AzureDiagnostics: oldVaultLogs,
  };
  return answerKql(query, tables, now);
}

/** Every alarm that these logs raise, as "alarm: what it is about". */
export const allRaised = (logs: Logs): string[] =>
  alarmNames.flatMap((alarm) => raised(alarm, logs).map((row) => `${alarm}: ${String(row.source ?? row.reason)}`));

export const ours = escrowClientId;
