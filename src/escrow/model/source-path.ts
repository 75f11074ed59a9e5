import type { SourceId, SourceKind } from './source.ts';

const folders: Record<SourceKind, string> = { vault: 'vaults', managedHsm: 'managed-hsms' };

/** Key Vault's own rule for key names: 1–127 letters, digits and dashes. */
export const keyNamePattern = /^[0-9a-zA-Z-]{1,127}$/;
/** Vault and Managed HSM names: 3–24 letters, digits and single dashes, a letter first, no dash last. */
export const sourceNamePattern = /^(?=.{3,24}$)[a-zA-Z](?:-?[0-9a-zA-Z])*$/;

/** The folders that hold the records of every vault and of every Managed HSM. */
export const sourceFolders: readonly string[] = Object.values(folders).map((folder) => `${folder}/`);

/** `vaults/contoso-prod`, `managed-hsms/contoso-hsm`: a source in names, reports and log lines. */
export function sourcePath(source: SourceId): string {
  return `${folders[source.kind]}/${source.name}`;
}

export function parseSourcePath(path: string): SourceId | undefined {
  const [folder, name, ...rest] = path.split('/');
  const kind = kindOfFolder(folder);
  return kind === undefined || name === undefined || rest.length > 0 || !sourceNamePattern.test(name)
    ? undefined
    : { kind, name: name.toLowerCase() };
}

function kindOfFolder(folder: string | undefined): SourceKind | undefined {
  if (folder === folders.vault) return 'vault';
  return folder === folders.managedHsm ? 'managedHsm' : undefined;
}
