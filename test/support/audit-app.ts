import { setTimeout as delay } from 'node:timers/promises';
import type { LocalIdentity } from '../../local-azure/identity/identities.ts';
import type { EscrowEvent } from '../../src/escrow/ports/escrow-events.ts';
import { servicesAs } from './as-identity.ts';
import type { ContainerView } from './container-view.ts';
import { fastClock, invoke } from './escrow-app.ts';
import { type EscrowPlace, escrowSettings, type SourceSetting } from './escrow-place.ts';
import type { ListedAudit } from './listed-audit.ts';
import { fromNow, hour, now } from './now.ts';

/** The product in this process, its clock so many hours ahead of the storage service, which stamps blobs: how days pass in a test. */
export async function startAuditApp(
  place: EscrowPlace,
  sources: readonly SourceSetting[],
  options: {
    readonly hoursAhead: number;
    readonly settings?: Readonly<Record<string, string>>;
    /** Of who backs up. */
    readonly identity?: LocalIdentity;
  },
) {
  const { escrowAudit } = await import('../../src/functions/escrow-audit.ts');
  const { tryWriteOnce } = await import('../../src/app/try-write-once.ts');
  const { scheduledRunId } = await import('../../src/escrow/model/run-id.ts');
  const env = escrowSettings(place, sources, options.settings);
  const clock = { ...fastClock(20), now: () => fromNow(options.hoursAhead * hour).getTime() };
  const services = await servicesAs(options.identity ?? place.identities.app, env, clock);
  const auditServices = await servicesAs(place.identities.audit, env, clock);
  const timer = {
    isPastDue: false,
    schedule: { adjustForDST: true },
    scheduleStatus: { last: '', lastUpdated: '', next: '' },
  };
  return {
    services,
    /** What a night does first: tries to overwrite and to delete the canary. */
    tryCanary: () => tryWriteOnce(services, scheduledRunId(services.now()), () => undefined),
    /** Fires the audit's timer, as the identity that audits. */
    async audit() {
      await laterSecond(options.hoursAhead);
      const audit = escrowAudit(auditServices);
      const run = await invoke((context) => audit.handler(timer, context), { functionName: 'escrowAudit' });
      latest = { hoursAhead: options.hoursAhead, second: Math.floor(now().getTime() / 1000) };
      return run;
    },
  };
}

let latest = { hoursAhead: 0, second: 0 };

/**
 * Storage dates audits by whole seconds, and within one their names decide which is newer: an audit of today begins in a later second
 * than one of tomorrow did.
 */
async function laterSecond(hoursAhead: number): Promise<void> {
  while (hoursAhead < latest.hoursAhead && now().getTime() < (latest.second + 1) * 1000) await delay(20);
}

/** The name of the audit that a log line names. */
function auditName(lines: readonly EscrowEvent[]): string {
  const completed = lines.find((line) => line.event === 'escrow.audit.completed');
  if (completed?.event !== 'escrow.audit.completed') throw new Error('no audit was completed');
  return completed.blobName;
}

/** The audit that a log line names. */
export async function auditOf(container: ContainerView, lines: readonly EscrowEvent[]): Promise<ListedAudit> {
  return (await container.readJson(auditName(lines))) as unknown as ListedAudit;
}

/** The page of that audit. */
export async function pageOf(container: ContainerView, lines: readonly EscrowEvent[]): Promise<string> {
  return (await container.read(auditName(lines).replace('.json', '.html'))).toString();
}

/** `<finding> <source>/<key>` of each gap line. */
export function gapsIn(lines: readonly EscrowEvent[]): string[] {
  return lines.flatMap((line) =>
    line.event === 'escrow.coverage.gap'
      ? [`${line.finding} ${line.source ?? '*'}${line.key ? `/${line.key}` : ''}`]
      : [],
  );
}
