import { ServiceError } from '../../escrow/model/service-error.ts';
import {
  defaultBackupsPerSecond,
  describeSource,
  isSameSource,
  type SourceId,
  sourcePath,
} from '../../escrow/model/source.ts';
import { readLatestAudit } from '../../escrow/records/stored-audits.ts';
import type { StoredRecord } from '../../escrow/records/stored-record.ts';
import type { KeyReference } from '../../escrow/restore/comparison.ts';
import { readVersions } from '../../escrow/restore/key-versions.ts';
import { readOrSay, type Task } from '../task.ts';

/** What a restored record is compared with: the key in its source, read under the person's own identity, and as audits saw it. */
export type ReferenceOf = (record: StoredRecord) => Promise<KeyReference>;

/**
 * Opens what keys restored to a target are compared with. What cannot be read is said, and stops nobody.
 * @param target never a reference of what it is itself restored to.
 */
export async function openKeyReferences(target: SourceId, task: Task): Promise<ReferenceOf> {
  const { services, say } = task;
  // What was restored is compared even after Ctrl-C.
  const deadline = new AbortController().signal;
  const remedy = 'A restored key can be compared with its source alone.';
  const fault = 'What audits saw of the keys cannot be read';
  const latest = await readOrSay(task, fault, () => readLatestAudit(services.audits, task.signal), remedy);
  if (latest !== undefined && latest.audit === undefined) say(`No audit has looked at the keys yet. ${remedy}`);
  const closed = new Set<string>();
  return async (record) => {
    const { source, keyName } = record;
    const path = sourcePath(source);
    const witness = { known: latest?.audit?.find(path, keyName)?.versions };
    if (isSameSource(source, target) || closed.has(path)) return witness;
    const configured = services.settings.sources.find((one) => isSameSource(one, source));
    const maxBackupsPerSecond = defaultBackupsPerSecond(source.kind);
    try {
      const listedAt = services.now();
      const keys = services.keysOf(configured ?? { ...source, maxBackupsPerSecond });
      const versions = await readVersions(keys, keyName, deadline);
      return versions.size === 0 ? witness : { ...witness, source: { versions, listedAt } };
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      // Gone, or closed to us; asking again for its next key would only cost time.
      if (!closed.has(path)) say(`Keys cannot be compared with ${describeSource(source)} itself: ${error.message}.`);
      closed.add(path);
      return witness;
    }
  };
}
