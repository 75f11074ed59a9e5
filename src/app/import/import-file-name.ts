import { keyNamePattern, type SourceId } from '../../escrow/model/source.ts';

/**
 * Reads the name that Backup-AzKeyVaultKey makes up: `<vault>-<key>-<seconds since 1970>`, the seconds with a fraction in the
 * culture's decimal sign (Az.KeyVault, `GetDefaultFileForOperation`). Vault and key names have dashes themselves, so the source has
 * to be known. On Linux the cmdlet puts the folder and a backslash before the name.
 * @returns undefined for every other name.
 */
export function parseCmdletFileName(file: string, source: SourceId) {
  const name = file.slice(file.lastIndexOf('\\') + 1);
  const head = `${source.name}-`;
  if (!name.toLowerCase().startsWith(head)) return undefined;
  const [, keyName = '', seconds] = /^(.+)-(\d{9,10})(?:[.,]\d+)?$/.exec(name.slice(head.length)) ?? [];
  return keyNamePattern.test(keyName) ? { keyName, takenAt: new Date(Number(seconds) * 1000) } : undefined;
}
