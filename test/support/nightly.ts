import { conductAudit } from '../../src/escrow/audit/audit.ts';
import { writeAudit } from '../../src/escrow/audit/audit-record.ts';
import { reportPage } from '../../src/escrow/page/report-page.ts';
import type { SourceRun } from '../../src/escrow/run/source-run.ts';
import { scheduledRunId } from '../../src/escrow/run-id.ts';
import { as } from './as-identity.ts';
import type { TestAzure } from './local-azure.ts';

/** One scheduled run over every configured source, as the app's identity. */
export async function runAsApp(
  azure: TestAzure,
  env: Readonly<Record<string, string>>,
  runTime = new Date('2026-11-24T02:00:00Z'),
): Promise<SourceRun[]> {
  // Only now: connections look at the environment when they are first loaded.
  const { createServices } = await import('../../src/services.ts');
  const { readSettings } = await import('../../src/settings.ts');
  const { runSource } = await import('../../src/escrow/run/source-run.ts');
  const { portsOf } = await import('../../src/functions/source-runs.ts');
  const services = as(azure.identities.app, () => createServices(readSettings({ ...process.env, ...env })));
  const job = { runId: scheduledRunId(runTime), trigger: 'schedule', attempt: 1, force: false, whatIf: false } as const;
  return Promise.all(
    services.settings.sources.map((source) =>
      runSource(
        { ...job, source },
        portsOf(services, source, () => {}, services.timeBudget()),
      ),
    ),
  );
}

/** One audit as the app's identity, written to the container. @returns its blob name. */
export async function runAuditAsApp(azure: TestAzure, env: Readonly<Record<string, string>>): Promise<string> {
  const { createServices } = await import('../../src/services.ts');
  const { readSettings } = await import('../../src/settings.ts');
  const services = as(azure.identities.app, () => createServices(readSettings({ ...process.env, ...env })));
  const { outOfTime, lastCall } = services.timeBudget();
  const audit = await conductAudit({ ...services.settings, provesWriteOnce: true }, { ...services, outOfTime });
  return (await writeAudit(services.container, audit, reportPage, lastCall)).name;
}
