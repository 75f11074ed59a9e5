import { type EscrowSource, isSameSource, type SourceId, type SourceKind } from '../../escrow/model/source.ts';

/** What a person may say of a source beside its name. */
export interface DeskSelection {
  readonly keys?: readonly string[] | undefined;
  readonly except?: readonly string[] | undefined;
  readonly maxBackupsPerSecond?: number | undefined;
}

/**
 * Calls per second where neither the person nor the settings name a pace. Nobody shares it with a night job; a vault takes 2,000
 * operations in ten seconds for its HSM-protected RSA-2048 keys and a Managed HSM ten backups a second, and a 429 slows it down.
 * https://learn.microsoft.com/azure/key-vault/general/service-limits
 */
function deskBackupsPerSecond(kind: SourceKind): number {
  return kind === 'vault' ? 50 : 10;
}

/**
 * The source that a person names, with what the settings say of it where it is configured: where its backups can be restored,
 * and the selection unless another is given.
 */
export function deskSource(
  named: SourceId,
  configured: readonly EscrowSource[],
  { keys, except, maxBackupsPerSecond }: DeskSelection,
): EscrowSource {
  const known = configured.find((source) => isSameSource(source, named));
  const selection =
    keys === undefined && known !== undefined ? known : { keys: keys ?? ['*'], except: [], retired: [] };
  return {
    kind: named.kind,
    name: named.name,
    keys: selection.keys,
    except: except ?? selection.except,
    retired: selection.retired,
    allowEmpty: known?.allowEmpty ?? false,
    place: known?.place ?? {},
    maxBackupsPerSecond: maxBackupsPerSecond ?? deskBackupsPerSecond(named.kind),
  };
}
