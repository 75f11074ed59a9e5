import type { KqlRow } from './kql-expressions.ts';
import { answerKql } from './kql-tables.ts';
import { auditPrincipalId, backupClientId, deploymentSubscription, deployNamed } from './parameter-sets.ts';
import { alarmRules } from './resources.ts';

/** The instant at which the alarms look: three hours after the audit of a nightly schedule. */
export const now = new Date('2026-11-24T09:00:00Z');
export const lastNight = '20261124T020000Z';
const hostAccountName = 'stkeyhost';
const escrowAccountName = 'stkeyesc';

const vaultLogsWorkspaceId =
  '/subscriptions/s/resourceGroups/rg-logs/providers/Microsoft.OperationalInsights/workspaces/log-vaults';
// In the spelling of the log, which is not that of the deployment.
const insightsId = `/subscriptions/${deploymentSubscription}/resourcegroups/rg-key-escrow-small/providers/microsoft.insights/components/appi-key-escrow-small`;
const insightsIds = { backup: insightsId, audit: `${insightsId}-audit` };
const auditEvents = ['escrow.audit.completed', 'escrow.coverage.gap'];
const writerOf = ({ line }: LogEntry): 'backup' | 'audit' =>
  auditEvents.includes(String(line.event)) ? 'audit' : 'backup';

export interface LogEntry {
  /** Hours before `now`; a fraction for minutes. */
  readonly hoursAgo: number;
  readonly line: Readonly<Record<string, unknown>>;
  /** Which app's Application Insights it arrived in; without a word, that of the app that writes such lines. */
  readonly from?: 'backup' | 'audit';
}

/** A write to the escrow account, as storage logs it. */
interface BlobWrite {
  readonly who: string;
  readonly container?: string;
  readonly category?: string;
  readonly status?: string;
}

interface Logs {
  readonly lines?: readonly LogEntry[];
  /** Hours before `now` at which a message was put on the poison queue. */
  readonly poisoned?: readonly number[];
  readonly blobWrites?: readonly BlobWrite[];
  readonly vaultLogs?: readonly KqlRow[];
  readonly oldVaultLogs?: readonly KqlRow[];
}

const at = (hoursAgo: number): Date => new Date(now.getTime() - hoursAgo * 3_600_000);

const vault = (vaultName: string): object => ({ vaultName, resourceGroup: 'rg', location: 'westeurope' });

/** The queries of the deployed alarms of two vaults, `a-vault` and `b-vault`, by the last part of the rule's name. */
const queries = new Map(
  alarmRules(
    deployNamed('one-vault', { sources: [vault('a-vault'), vault('b-vault')], alarms: { vaultLogsWorkspaceId } }),
  ).map(({ name, criterion: { query } }) => [
    name.replace('key-escrow-small-', ''),
    query.replace(/stkeyhost\w{13}/g, hostAccountName).replace(/stkeyesc\w{13}/g, escrowAccountName),
  ]),
);

const alarmNames = [...queries.keys()];

/** The rows that an alarm's query finds: each is an alarm raised. */
export function raised(
  alarm: string,
  { lines = [], poisoned = [], blobWrites = [], vaultLogs = [], oldVaultLogs = [] }: Logs,
): readonly KqlRow[] {
  const query = queries.get(alarm);
  if (query === undefined) throw new Error(`No alarm is called "${alarm}": ${alarmNames.join(', ')}.`);
  const tables = {
    AppTraces: lines.map((entry) => ({
      TimeGenerated: at(entry.hoursAgo),
      Message: JSON.stringify(entry.line),
      _ResourceId: insightsIds[entry.from ?? writerOf(entry)],
    })),
    StorageBlobLogs: blobWrites.map(
      ({ who, container = 'key-escrow-audits', category = 'StorageWrite', status = 'Success' }) => ({
        TimeGenerated: at(0.2),
        AccountName: escrowAccountName,
        Category: category,
        OperationName: category === 'StorageDelete' ? 'DeleteBlob' : 'PutBlob',
        StatusText: status,
        ObjectKey: `/${escrowAccountName}/${container}/audits/one`,
        AuthenticationType: 'OAuth',
        RequesterObjectId: who,
        CallerIpAddress: '203.0.113.9',
      }),
    ),
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
  // A table that never had a row is not there.
  return answerKql(query, Object.fromEntries(Object.entries(tables).filter(([, rows]) => rows.length > 0)), now);
}

/** Every alarm that these logs raise, as "alarm: what it is about". */
export const allRaised = (logs: Logs): string[] =>
  alarmNames.flatMap((alarm) => raised(alarm, logs).map((row) => `${alarm}: ${String(row.source ?? row.reason)}`));

export const ours = backupClientId;
export const auditor = auditPrincipalId;
