import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { InvocationContext } from '@azure/functions';
import type { LocalIdentity } from '../../local-azure/identity/identities.ts';
import type { Services } from '../../src/app/services.ts';

import type { EscrowEvent } from '../../src/escrow/ports/escrow-events.ts';
import { as } from './as-identity.ts';
import type { ContainerView } from './container-view.ts';
import { type EscrowPlace, escrowSettings, type SourceSetting } from './escrow-place.ts';
import type { ListedAudit } from './listed-audit.ts';
import { fromNow, hour, now } from './now.ts';

/** Hours between the real time, which the storage service stamps on blobs, and the time that the product believes it is. */
export interface AuditApp {
  readonly services: Services;
  /** Runs every source, as the schedule would, as the identity that backs up. */
  night(): Promise<void>;
  /** What a night does first: tries to overwrite and to delete the canary. */
  tryCanary(): Promise<void>;
  /** Fires the audit's timer, as the identity that audits. */
  audit(): Promise<AuditRun>;
}

export interface AuditRun {
  readonly lines: readonly EscrowEvent[];
  /** The lines as they were logged. */
  readonly texts: readonly string[];
  /** The level of the last line of each event. */
  readonly levels: Readonly<Record<string, string>>;
  readonly error: Error | undefined;
}

/** The product in this process, its clock some hours ahead: how the days pass in a test. */
export async function startAuditApp(
  place: EscrowPlace,
  sources: readonly SourceSetting[],
  options: {
    readonly hoursAhead: number;
    readonly settings?: Readonly<Record<string, string>>;
    /** Of who backs up. */
    readonly identity?: LocalIdentity;
  },
): Promise<AuditApp> {
  const { createServices } = await import('../../src/app/services.ts');
  const { readSettings } = await import('../../src/app/settings.ts');
  const { escrowAudit } = await import('../../src/functions/escrow-audit.ts');
  const { runSources } = await import('../../src/app/run-sources.ts');
  const { tryWriteOnce } = await import('../../src/app/try-write-once.ts');
  const { scheduledRunId } = await import('../../src/escrow/model/run-id.ts');
  const settings = readSettings(escrowSettings(place, sources, options.settings));
  const clock = {
    now: () => fromNow(options.hoursAhead * hour).getTime(),
    random: Math.random,
    sleep: (ms: number, until: AbortSignal) => delay(ms / 20, undefined, { signal: until }).catch(() => undefined),
  };
  const services = as(options.identity ?? place.identities.app, () => createServices(settings, clock));
  const auditServices = as(place.identities.audit, () => createServices(settings, clock));
  const tryCanary = () => tryWriteOnce(services, scheduledRunId(services.now()), () => undefined);
  return {
    services,
    async night() {
      const runId = scheduledRunId(services.now());
      await tryCanary();
      await runSources(
        services,
        settings.sources,
        { runId, trigger: 'schedule', attempt: 1, whatIf: false },
        () => undefined,
      );
    },
    tryCanary,
    async audit() {
      await laterSecond(options.hoursAhead);
      const lines: EscrowEvent[] = [];
      const texts: string[] = [];
      const levels: Record<string, string> = {};
      const context = new InvocationContext({
        invocationId: randomUUID(),
        functionName: 'escrowAudit',
        logHandler(level, text) {
          const line: EscrowEvent = JSON.parse(String(text));
          texts.push(String(text));
          lines.push(line);
          levels[line.event] = level;
        },
      });
      const timer = {
        isPastDue: false,
        schedule: { adjustForDST: true },
        scheduleStatus: { last: '', lastUpdated: '', next: '' },
      };
      const error = await Promise.resolve(escrowAudit(auditServices).handler(timer, context)).then(
        () => undefined,
        (thrown: unknown) => thrown as Error,
      );
      latest = { hoursAhead: options.hoursAhead, second: Math.floor(now().getTime() / 1000) };
      return { lines, texts, levels, error };
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

/** The audit that a log line names. */
export async function auditOf(container: ContainerView, lines: readonly EscrowEvent[]): Promise<ListedAudit> {
  const completed = lines.find((line) => line.event === 'escrow.audit.completed');
  if (completed?.event !== 'escrow.audit.completed') throw new Error('no audit was completed');
  return (await container.readJson(completed.blobName)) as unknown as ListedAudit;
}

/** `<finding> <source>/<key>` of each gap line. */
export function gapsIn(lines: readonly EscrowEvent[]): string[] {
  return lines.flatMap((line) =>
    line.event === 'escrow.coverage.gap'
      ? [`${line.finding} ${line.source ?? '*'}${line.key ? `/${line.key}` : ''}`]
      : [],
  );
}
