import type { OperatorServices } from '../../../app/operator-services.ts';
import type { DrillReference } from '../../../escrow/drill/drill-comparison.ts';
import { readVersions } from '../../../escrow/drill/drill-comparison.ts';
import { ServiceError } from '../../../escrow/model/service-error.ts';
import { defaultBackupsPerSecond, isSameSource } from '../../../escrow/model/source.ts';
import { sourcePath } from '../../../escrow/model/source-path.ts';
import type { StoredAudit } from '../../../escrow/records/stored-audits.ts';
import type { StoredRecord } from '../../../escrow/records/stored-record.ts';

/**
 * What a restored key is compared with: the key in its source, read with the operator's identity; and what the newest audit
 * witnessed, for when the source, or this key in it, is no more.
 */
export function drillReferences(
  services: OperatorServices,
  audit: StoredAudit | undefined,
  outOfTime: AbortSignal,
): (record: StoredRecord) => Promise<DrillReference> {
  const unreachable = new Set<string>();
  return async (record) => {
    const path = sourcePath(record.source);
    const witness = audit?.find(path, record.keyName)?.versions;
    if (unreachable.has(path)) return { witness };
    const configured = services.settings.sources.find((source) => isSameSource(source, record.source));
    const pace = defaultBackupsPerSecond(record.source.kind);
    const keys = services.keysOf(configured ?? { ...record.source, maxBackupsPerSecond: pace });
    try {
      const versions = await readVersions(keys, record.keyName, outOfTime);
      // Of a key that is not there a vault lists no versions: then the witness decides.
      return versions.size > 0 ? { source: versions, witness } : { witness };
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      // Gone or closed to us; asking again for its next key would only cost time.
      if (error.statusCode !== 404) unreachable.add(path);
      return { witness };
    }
  };
}
