import type { SourceId } from './source.ts';

/** A source in the cmdlet's words, as settings, messages, options and JSON have it: one of the two. */
export interface SourceNames {
  readonly vaultName?: string | undefined;
  readonly hsmName?: string | undefined;
}

/** @returns undefined when neither is given. Names are case-insensitive, as hosts are. */
export function sourceOfNames({ vaultName, hsmName }: SourceNames): SourceId | undefined {
  if (vaultName !== undefined) return { kind: 'vault', name: vaultName.toLowerCase() };
  return hsmName === undefined ? undefined : { kind: 'managedHsm', name: hsmName.toLowerCase() };
}

/** The inverse. */
export function namesOfSource({ kind, name }: SourceId): { readonly vaultName: string } | { readonly hsmName: string } {
  return kind === 'vault' ? { vaultName: name } : { hsmName: name };
}
