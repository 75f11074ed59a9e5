import type { EscrowSource } from './source.ts';
import type { SourceKey } from './source-key.ts';
import { isLiteral, matchesAny } from './wildcard.ts';

/** Why a key that exists is not escrowed; none of these is a failure. */
export type SkipReason = (typeof skipReasons)[number];
export const skipReasons = ['excluded', 'retired', 'certificateBacked'] as const;

/** What the settings want done with a key; undefined: escrow it. */
export function skipReasonOf(
  source: EscrowSource,
  key: Pick<SourceKey, 'name' | 'certificateBacked'>,
): SkipReason | undefined {
  if (matchesAny(source.retired, key.name)) return 'retired';
  if (isExcluded(source, key.name)) return 'excluded';
  return key.certificateBacked ? 'certificateBacked' : undefined;
}

/** Names that the settings spell out in `keys`: each must exist, or the run fails by that name. */
export function literalKeys(source: EscrowSource): string[] {
  const names = source.keys.filter((pattern) => isLiteral(pattern) && !isExcluded(source, pattern));
  return [...new Set(names.map((name) => name.toLowerCase()))].filter((name) => !matchesAny(source.retired, name));
}

/** Whether the patterns of the source leave a key out, retired or not. */
export function isExcluded(source: EscrowSource, name: string): boolean {
  return !matchesAny(source.keys, name) || matchesAny(source.except, name);
}

/**
 * What is wrong with all that a source lists: there is nothing, or the patterns leave out all of it. A retired key counts only where
 * the patterns select it: they may be mistyped, and must not pass because of it.
 */
export function faultOfListing(
  source: EscrowSource,
  listed: Iterable<string>,
): keyof typeof listingRemedies | undefined {
  const names = [...listed];
  if (names.length === 0) return source.allowEmpty ? undefined : 'empty';
  const isSilent = names.every((name) => isExcluded(source, name));
  return isSilent && names.some((name) => !matchesAny(source.retired, name)) ? 'matchesNothing' : undefined;
}

export const listingRemedies = {
  empty:
    'If it is meant to be empty, say "allowEmpty": true; otherwise check that this is the right source and that the identity sees its keys.',
  matchesNothing: 'Correct the "keys" and "except" patterns of the source.',
} as const;

/** A name that the settings spell out, and that no listing has. */
export const notFoundText = {
  reason: 'it is named in "keys" but not there',
  remedy: 'Restore or recover the key, or take its name out of "keys" (or into "retired").',
} as const;

/** What a skipped key means and what to do about it, as one sentence for reports and log lines. */
export const skipMessages: Readonly<Record<SkipReason, string>> = {
  excluded: 'excluded by the "keys" and "except" patterns of its source; change them to escrow it',
  retired: 'retired: its records are kept, no new ones are made; remove it from "retired" to escrow it again',
  certificateBacked:
    'certificate-backed: the service backs up the whole certificate, not its key; back up the certificate (az keyvault certificate backup, Backup-AzKeyVaultCertificate)',
};
