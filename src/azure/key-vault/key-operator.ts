import type { DeletedKey as DeletedVaultKey } from '@azure/keyvault-keys';
import { EscrowFault } from '../../escrow/model/failure.ts';
import { OutOfTime, orAbsent, ServiceError } from '../../escrow/model/service-error.ts';
import type { DeletedKey, KeyInside, KeyOperator } from '../../escrow/ports/key-operator.ts';
import type { KeySource } from '../../escrow/ports/key-source.ts';
import { validServiceDate } from '../http/valid-service-date.ts';
import type { OpenKeyClient } from './key-client.ts';
import { sourceKeyOf } from './key-source.ts';

// The service deletes, recovers and purges in the background, as a rule within seconds.
const pollIntervalMs = 1000;
const polling = { intervalInMs: pollIntervalMs };
const maxPurgeMs = 120_000;

/** A vault or a Managed HSM through the SDK, for somebody who may restore. Shares client and pace with the key source. */
export function createKeyOperator(open: OpenKeyClient, keys: KeySource): KeyOperator {
  const { url, client, clock, callService, allPages } = open;
  const runToEnd = (deadline: AbortSignal, begin: () => Promise<{ pollUntilDone(): Promise<unknown> }>) =>
    callService({ deadline }, async (): Promise<void> => {
      const poller = await begin();
      await poller.pollUntilDone();
    });

  const findDeletedKey = async (name: string, deadline: AbortSignal): Promise<DeletedKey | undefined> => {
    const key = await callService({ deadline }, () => client.getDeletedKey(name)).catch(orAbsent);
    return key && deletedKeyOf(key.properties);
  };

  return {
    keys,
    findKey: (name, deadline) => keys.getKey(name, deadline).catch(orAbsent),
    findDeletedKey,
    async *listDeletedKeys(deadline) {
      for await (const { properties } of allPages(client.listDeletedKeys().byPage(), deadline)) {
        yield deletedKeyOf(properties);
      }
    },
    async restoreKey(backup, deadline) {
      try {
        const { properties } = await callService({ deadline }, () => client.restoreKeyBackup(backup));
        return { answer: 'restored', key: sourceKeyOf(properties, url), version: properties.version ?? '' };
      } catch (error) {
        if (!(error instanceof ServiceError) || error.kind !== 'conflict') throw error;
        return { answer: 'conflict', inside: keyInConflict(error), refusal: error };
      }
    },
    recoverKey: (name, deadline) => runToEnd(deadline, () => client.beginRecoverDeletedKey(name, polling)),
    deleteKey: (name, deadline) => runToEnd(deadline, () => client.beginDeleteKey(name, polling)),
    async purgeKey(name, deadline) {
      await callService({ deadline }, () => client.purgeDeletedKey(name));
      for (const since = clock.now(); (await findDeletedKey(name, deadline)) !== undefined; ) {
        if (deadline.aborted) throw new OutOfTime();
        if (clock.now() - since > maxPurgeMs) {
          throw new EscrowFault(
            'PurgePending',
            `the service took the purge but still shows the deleted key after ${maxPurgeMs / 1000} s`,
            'Wait until it is gone; then run again.',
          );
        }
        await clock.sleep(pollIntervalMs, deadline);
      }
    },
  };
}

/** The key of "There was a conflict restoring the key 'https://…/keys/<name>/<version>'", as recorded. */
function keyInConflict({ message }: ServiceError): KeyInside | undefined {
  const [, name, version] =
    /'https:\/\/[^'/]+\/keys\/([0-9a-zA-Z-]{1,127})(?:\/([0-9a-zA-Z]{1,64}))?'/.exec(message) ?? [];
  return name === undefined ? undefined : { name, version };
}

function deletedKeyOf(properties: DeletedVaultKey['properties']): DeletedKey {
  const { name, version, createdOn, deletedOn, scheduledPurgeDate } = properties;
  return {
    name,
    version,
    createdAt: validServiceDate(createdOn),
    deletedAt: validServiceDate(deletedOn),
    purgeAt: validServiceDate(scheduledPurgeDate),
  };
}
