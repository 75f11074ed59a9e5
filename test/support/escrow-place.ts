import type { LocalAzure } from '../../local-azure/local-azure.ts';
import { auditSchedule, runSchedule } from './now.ts';

/** A local Azure with the queue that the product polls there. */
export interface EscrowPlace extends LocalAzure {
  readonly queueName: string;
}

/** One entry of ESCROW_SOURCES. */
export interface SourceSetting {
  readonly vaultName?: string;
  readonly hsmName?: string;
  readonly [property: string]: unknown;
}

/** Faster than any service: what is tested here is never the pace, unless a test says so. */
const unhurried = 1000;

/** The app settings of the product as `infra/` would set them for this place, with a pace that does not hold tests up. */
export function escrowSettings(
  place: EscrowPlace,
  sources: readonly SourceSetting[],
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    ESCROW_SOURCES: JSON.stringify(sources.map((source) => ({ maxBackupsPerSecond: unhurried, ...source }))),
    ESCROW_CONTAINER_URL: place.containerUrl,
    ESCROW_ACCOUNT_ID: place.resourceManager.storage.id,
    ESCROW_SCHEDULE: runSchedule,
    ESCROW_AUDIT_SCHEDULE: auditSchedule,
    ESCROW_QUEUE_NAME: place.queueName,
    ESCROW_QUEUE__queueServiceUri: place.queueServiceUrl,
    ESCROW_QUEUE__credential: 'managedidentity',
    ESCROW_QUEUE__clientId: place.identities.app.clientId,
    ...more,
  };
}
