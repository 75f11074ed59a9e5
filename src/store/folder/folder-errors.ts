import type { FailureKind } from '../../escrow/model/failure-kind.ts';
import { ServiceError } from '../../escrow/model/service-error.ts';
import { codeOf } from './durable-file.ts';
import { FolderInUse } from './writer-lock.ts';

const kinds: ReadonlyMap<string, FailureKind> = new Map([
  ['ENOENT', 'absent'],
  ['EACCES', 'denied'],
  ['EPERM', 'denied'],
  ['EROFS', 'readOnly'],
  ['ENOSPC', 'storeFull'],
  ['EDQUOT', 'storeFull'],
  ['EFBIG', 'tooLarge'],
  ['ELOOP', 'symbolicLink'],
  ['EEXIST', 'nameRefused'],
  ['ENOTDIR', 'nameRefused'],
  ['EISDIR', 'nameRefused'],
  ['ENAMETOOLONG', 'nameRefused'],
]);

/** Turns whatever a folder of files refuses with into the words of the store's port. Anything else passes. */
export function toFolderError(error: unknown, name: string): unknown {
  if (error instanceof FolderInUse) {
    const remedy = `if no such process runs any more, delete ${error.lockFile}`;
    return folderError(`${error.message}; ${remedy}`, 'inUse', 'FolderInUse', error);
  }
  const code = codeOf(error);
  if (!(error instanceof Error) || typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) return error;
  return folderError(`${name}: ${error.message}`, kinds.get(code) ?? 'unavailable', code, error);
}

export function folderError(message: string, kind: FailureKind, code: string, cause?: unknown): ServiceError {
  return new ServiceError(message, { service: 'Folder', kind, code }, cause === undefined ? undefined : { cause });
}
