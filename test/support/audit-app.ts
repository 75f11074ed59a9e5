import { setTimeout as delay } from 'node:timers/promises';
import type { LocalIdentity } from '../../local-azure/identity/identities.ts';
import type { EscrowEvent } from '../../src/escrow/ports/escrow-events.ts';
import { servicesAs } from './as-identity.ts';
import { viewContainer } from './container-view.ts';
import { fastClock, invoke, timerFor } from './escrow-app.ts';
import { linesNamed } from './escrow-host.ts';
import { type EscrowPlace, escrowSettings, type SourceSetting } from './escrow-place.ts';
import type { ListedAudit } from './listed-audit.ts';
import { fromNow, hour, now } from './now.ts';

/** The product in this process, its clock so many hours ahead of the storage service, which stamps blobs: how days pass in a test. */
export async function startAuditApp(
  place: EscrowPlace,
  sources: readonly SourceSetting[],
  hoursAhead: number,
  options: {
    readonly settings?: Readonly<Record<string, string>>;
    /** Of who backs up. */
    readonly identity?: LocalIdentity;
  } = {},
) {
  const { escrowAudit } = await import('../../src/functions/escrow-audit.ts');
  const { tryWriteOnce } = await import('../../src/app/try-write-once.ts');
  const { scheduledRunId } = await import('../../src/escrow/model/run-id.ts');
  const env = escrowSettings(place, sources, options.settings);
  const clock = { ...fastClock(20), now: () => fromNow(hoursAhead * hour).getTime() };
  const services = await servicesAs(options.identity ?? place.identities.app, env, clock);
  const auditServices = await servicesAs(place.identities.audit, env, clock);
  return {
    services,
    /** What a night does first: tries to overwrite and to delete the canary. */
    tryCanary: () => tryWriteOnce(services, scheduledRunId(services.now()), () => undefined),
    /** Fires the audit's timer, as the identity that audits, and looks at what it kept. */
    async audit() {
      await laterSecond(hoursAhead);
      const { handler } = escrowAudit(auditServices);
      const run = await invoke((context) => handler(timerFor(''), context), { functionName: 'escrowAudit' });
      latest = { hoursAhead, second: Math.floor(now().getTime() / 1000) };
      const [completed] = linesNamed(run.lines, 'escrow.audit.completed');
      const container = viewContainer(place);
      const name = completed?.blobName ?? 'audits/no audit was completed';
      return {
        ...run,
        completed,
        gaps: gapsIn(run.lines),
        kept: async () => (await container.readJson(name)) as unknown as ListedAudit,
        page: async () => (await container.read(name.replace('.json', '.html'))).toString(),
      };
    },
  };
}

/** The one audit of an app of its own. */
export const auditOnce = async (...app: Parameters<typeof startAuditApp>) => (await startAuditApp(...app)).audit();

let latest = { hoursAhead: 0, second: 0 };

/**
 * Storage dates audits by whole seconds, and within one their names decide which is newer: an audit of today begins in a later second
 * than one of tomorrow did.
 */
async function laterSecond(hoursAhead: number): Promise<void> {
  while (hoursAhead < latest.hoursAhead && now().getTime() < (latest.second + 1) * 1000) await delay(20);
}

/** `<finding> <source>/<key>` of each gap line. */
function gapsIn(lines: readonly EscrowEvent[]): string[] {
  return linesNamed(lines, 'escrow.coverage.gap').map(
    ({ finding, source = '*', key }) => `${finding} ${source}${key ? `/${key}` : ''}`,
  );
}
