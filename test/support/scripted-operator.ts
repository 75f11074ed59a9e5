import type { ServiceError } from '../../src/escrow/model/service-error.ts';
import type { KeyInside, KeyOperator, RestoreAnswer } from '../../src/escrow/ports/key-operator.ts';
import { answered } from './answers.ts';

/** A key in a scripted vault: its versions oldest first, every one made long ago. */
interface ScriptedKey {
  readonly versions: readonly string[];
  readonly state: 'active' | 'deleted';
}

export interface ScriptedOperator extends KeyOperator {
  /** What was done, in order: `delete signing`, `purge signing`. */
  readonly changes: string[];
  /** By lower-case name. */
  readonly there: Map<string, ScriptedKey>;
}

/** What the next restore comes to. `lost`: it is carried out, and no answer comes. */
type RestoreScript =
  | { readonly name: string; readonly versions: readonly string[]; readonly lost?: true }
  | { readonly conflict: KeyInside | undefined }
  | { readonly refused: ServiceError };

interface OperatorScript {
  readonly there?: Readonly<Record<string, ScriptedKey>>;
  readonly restore?: RestoreScript;
  /** The call that is refused, and with what. */
  readonly refuse?: { readonly call: 'deleteKey' | 'purgeKey' | 'listVersions'; readonly error: ServiceError };
}

/** A vault in memory, as somebody sees it who may restore, delete and purge there. */
export function scriptedOperator({ there = {}, restore, refuse }: OperatorScript): ScriptedOperator {
  const keys = new Map(Object.entries(there).map(([name, key]) => [name.toLowerCase(), key]));
  const changes: string[] = [];
  const createdAt = new Date('2026-01-01T00:00:00Z');
  const refuseIf = (call: string): void => {
    if (refuse?.call === call) throw refuse.error;
  };
  const seen = (name: string, state: ScriptedKey['state']) => {
    const key = keys.get(name.toLowerCase());
    return key?.state === state ? { key, version: key.versions.at(-1) ?? '' } : undefined;
  };
  const keyOf = (name: string, version: string) => ({
    ...{ name, id: `https://contoso-drill.vault.azure.net/keys/${name}`, version },
    ...{ enabled: true, createdAt, updatedAt: createdAt, certificateBacked: false },
  });
  return {
    changes,
    there: keys,
    keys: {
      source: { kind: 'vault', name: 'contoso-drill' },
      async *listKeys() {
        for (const [name, { state, versions }] of keys)
          if (state === 'active') yield keyOf(name, versions.at(-1) ?? '');
      },
      async *listVersions(name: string) {
        refuseIf('listVersions');
        for (const version of seen(name, 'active')?.key.versions ?? [])
          yield { version, enabled: true, createdAt, updatedAt: createdAt };
      },
      getPublicKey: async (_name: string, version: string) => ({ kty: 'EC', crv: 'P-256', x: version, y: 'y' }),
      getKey: async (name: string) => keyOf(name, seen(name, 'active')?.version ?? ''),
    } as unknown as KeyOperator['keys'],
    async findKey(name) {
      const found = seen(name, 'active');
      return found && keyOf(name, found.version);
    },
    async findDeletedKey(name) {
      const found = seen(name, 'deleted');
      return found && { name, version: found.version, createdAt, deletedAt: createdAt, purgeAt: undefined };
    },
    async *listDeletedKeys() {
      for (const [name, { state }] of keys)
        if (state === 'deleted')
          yield { name, version: undefined, createdAt, deletedAt: createdAt, purgeAt: undefined };
    },
    async restoreKey(): Promise<RestoreAnswer> {
      if (restore === undefined) throw new Error('no restore in the script');
      if ('refused' in restore) throw restore.refused;
      if ('conflict' in restore)
        return {
          answer: 'conflict',
          inside: restore.conflict,
          refusal: answered('Key Vault', { statusCode: 409, code: 'Conflict' }),
        };
      const { name, versions, lost } = restore;
      keys.set(name.toLowerCase(), { versions, state: 'active' });
      if (lost) throw answered('Key Vault', { statusCode: 503, code: 'ServiceUnavailable' });
      return { answer: 'restored', key: keyOf(name, versions.at(-1) ?? ''), version: versions.at(-1) ?? '' };
    },
    recoverKey: async () => undefined,
    async deleteKey(name) {
      refuseIf('deleteKey');
      changes.push(`delete ${name}`);
      keys.set(name.toLowerCase(), { versions: seen(name, 'active')?.key.versions ?? [], state: 'deleted' });
    },
    async purgeKey(name) {
      refuseIf('purgeKey');
      changes.push(`purge ${name}`);
      keys.delete(name.toLowerCase());
    },
  };
}
