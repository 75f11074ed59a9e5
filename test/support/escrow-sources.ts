import { defaultBackupsPerSecond, type EscrowSource, type SourceKind } from '../../src/escrow/model/source.ts';

/** A configured source with the defaults of the settings. */
export function escrowSource(
  kind: SourceKind,
  name: string,
  options: Partial<Omit<EscrowSource, 'kind' | 'name'>> = {},
): EscrowSource {
  return {
    kind,
    name,
    keys: ['*'],
    except: [],
    retired: [],
    maxBackupsPerSecond: defaultBackupsPerSecond(kind),
    allowEmpty: false,
    place: {},
    ...options,
  };
}

/** The suffixes of the public cloud. */
export const publicSuffixes = { vault: 'vault.azure.net', managedHsm: 'managedhsm.azure.net' } as const;

/** A signal that never aborts. */
export const noLimit = new AbortController().signal;
