import { containerNameOf } from '../escrow/audit/inputs/storage-protection.ts';
import { dayMs } from '../escrow/model/day.ts';
import type { Audit } from '../escrow/records/audit-document.ts';

const columns = [
  ...['source', 'key', 'keyId', 'status', 'enabled', 'firstSeenAt', 'changedAt'],
  ...[
    'record',
    'createdAt',
    'backedUpAt',
    'ageHours',
    'bytes',
    'sha256',
    'notReadable',
    'versions',
    'provenAt',
    'immutableUntil',
    'findings',
  ],
];

/** An audit as CSV (RFC 4180), a row a key, for a spreadsheet. Times are UTC. */
export function auditTable(audit: Audit): string {
  const { keys, findings, startedAt } = audit;
  const retentionDays = retentionOfBackups(audit);
  const findingsOf = Map.groupBy(findings, ({ source, key }) => `${source}/${key}`);
  const rows = [...keys].map(
    ({ source, key, id, status, enabled, firstSeenAt, changedAt, record, versions, drilledAt }) => {
      const at = record && (record.late ? record.backedUpAt : record.createdAt);
      const age = at && ((Date.parse(startedAt) - Date.parse(at)) / 3_600_000).toFixed(1);
      const found = findingsOf.get(`${source}/${key}`)?.map(({ finding }) => finding);
      return [
        ...[source, key, id, status, enabled, firstSeenAt, changedAt],
        ...[
          record?.blobName,
          record?.createdAt,
          record?.backedUpAt,
          age,
          record?.bytes,
          record?.sha256,
          record?.notReadable,
        ],
        ...[versions?.known.filter(({ missingSince }) => missingSince === undefined).length, drilledAt],
        ...[record && retentionDays && daysAfter(record.createdAt, retentionDays), found?.join(' ')],
      ];
    },
  );
  return [columns, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

/** Days; undefined where no policy keeps the backups, or none is visible. */
function retentionOfBackups({ container, protection }: Audit): number | undefined {
  const name = containerNameOf(container);
  return protection?.containers.find((one) => one.container === name)?.retentionDays;
}

function daysAfter(instant: string, days: number): string {
  return new Date(Date.parse(instant) + days * dayMs).toISOString();
}

/** A spreadsheet takes a cell that begins with one of these for a formula. https://owasp.org/www-community/attacks/CSV_Injection */
const formula = /^[=+\-@\t\r]/;

function cell(value: string | number | boolean | undefined): string {
  const text = String(value ?? '');
  const safe = formula.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
