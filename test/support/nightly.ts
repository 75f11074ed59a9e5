import { CoverageGaps } from '../../src/escrow/audit/document/audit-log.ts';
import { scheduledRunId } from '../../src/escrow/model/run-id.ts';
import { readLatestAudit } from '../../src/escrow/records/stored-audits.ts';
import { servicesAs } from './as-identity.ts';
import { type ListedAudit, listed } from './listed-audit.ts';
import type { TestAzure } from './local-azure.ts';
import { lastNight } from './now.ts';

/** One scheduled run over every configured source, as the app's identity. @throws when it is incomplete. */
export async function runAsApp(
  azure: TestAzure,
  env: Readonly<Record<string, string>>,
  runTime = lastNight(),
): Promise<void> {
  const { runSources } = await import('../../src/app/run-sources.ts');
  const { tryWriteOnce } = await import('../../src/app/try-write-once.ts');
  const services = await servicesAs(azure.identities.app, { ...process.env, ...env });
  const runId = scheduledRunId(runTime);
  await tryWriteOnce(services, runId, () => undefined);
  const job = { runId, trigger: 'schedule', attempt: 1, whatIf: false } as const;
  await runSources(services, services.settings.sources, job, () => undefined);
}

/** One audit as the audit's identity, kept in its container, whatever its gaps. */
export async function runAudit(azure: TestAzure, env: Readonly<Record<string, string>>): Promise<ListedAudit> {
  const { auditEscrow } = await import('../../src/app/audit-escrow.ts');
  const services = await servicesAs(azure.identities.audit, { ...process.env, ...env });
  await auditEscrow(services, () => undefined).catch((error) => {
    if (!(error instanceof CoverageGaps)) throw error;
  });
  const { audit } = await readLatestAudit(services.audits, AbortSignal.timeout(60_000));
  if (audit === undefined) throw new Error('the audit was not kept');
  return listed({ ...audit.head, keys: audit.keys });
}
