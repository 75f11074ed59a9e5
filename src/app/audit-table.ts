import { containerNameOf } from '../escrow/audit/inputs/storage-protection.ts';
import { dayMs } from '../escrow/model/day.ts';
import { type Audit, type AuditedKey, timeOfRecord } from '../escrow/records/audit-document.ts';

type Cell = string | number | boolean | undefined;

/** An audit as CSV (RFC 4180), a row a key, for a spreadsheet. Times are UTC. */
export function auditTable(audit: Audit): string {
  const { keys, findings, startedAt } = audit;
  const retentionDays = retentionOfBackups(audit);
  const findingsOf = Map.groupBy(findings, ({ source, key }) => `${source}/${key}`);
  const columns: Readonly<Record<string, (key: AuditedKey) => Cell>> = {
    source: ({ source }) => source,
    key: ({ key }) => key,
    keyId: ({ id }) => id,
    status: ({ status }) => status,
    enabled: ({ enabled }) => enabled,
    firstSeenAt: ({ firstSeenAt }) => firstSeenAt,
    changedAt: ({ changedAt }) => changedAt,
    record: ({ record }) => record?.blobName,
    createdAt: ({ record }) => record?.createdAt,
    backedUpAt: ({ record }) => record?.backedUpAt,
    ageHours: ({ record }) => record && hoursBetween(timeOfRecord(record), startedAt),
    bytes: ({ record }) => record?.bytes,
    sha256: ({ record }) => record?.sha256,
    notReadable: ({ record }) => record?.notReadable,
    versions: ({ versions }) => versions?.known.filter(({ missingSince }) => missingSince === undefined).length,
    provenAt: ({ drilledAt }) => drilledAt,
    immutableUntil: ({ record }) => record && retentionDays && daysAfter(record.createdAt, retentionDays),
    findings: ({ source, key }) =>
      findingsOf
        .get(`${source}/${key}`)
        ?.map(({ finding }) => finding)
        .join(' '),
  };
  const cells = Object.values(columns);
  const rows = [...keys].map((key) => cells.map((cell) => cell(key)));
  return [Object.keys(columns), ...rows].map((row) => `${row.map(textOf).join(',')}\r\n`).join('');
}

/** Days; undefined where no policy keeps the backups, or none is visible. */
function retentionOfBackups({ container, protection }: Audit): number | undefined {
  const name = containerNameOf(container);
  return protection?.containers.find((one) => one.container === name)?.retentionDays;
}

function hoursBetween(from: string, to: string): string {
  return ((Date.parse(to) - Date.parse(from)) / 3_600_000).toFixed(1);
}

function daysAfter(instant: string, days: number): string {
  return new Date(Date.parse(instant) + days * dayMs).toISOString();
}

/** A spreadsheet takes a cell that begins with one of these for a formula. https://owasp.org/www-community/attacks/CSV_Injection */
const formula = /^[=+\-@\t\r]/;

function textOf(value: Cell): string {
  const text = String(value ?? '');
  const safe = formula.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
