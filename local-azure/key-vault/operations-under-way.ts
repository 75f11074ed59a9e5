import type { KeyVaultOperation } from './data-actions.ts';
import type { SourceState } from './source-state.ts';

// The service goes on in the background after it has answered; meanwhile it refuses these with 409.
const refusedMeanwhile = new Set<KeyVaultOperation>(['backupKey', 'deleteKey', 'purgeKey', 'recoverKey', 'restoreKey']);

/** A key was changed: the next calls on it meet the operation that still goes on. */
export function noteChange(source: SourceState, name: string): void {
  if (source.operationLag > 0) source.busy.set(name.toLowerCase(), source.operationLag);
}

/** Whether a call meets an operation on its key that still goes on. Each such call brings the end nearer. */
export function isBusy(source: SourceState, name: string, operation: KeyVaultOperation): boolean {
  const left = source.busy.get(name.toLowerCase()) ?? 0;
  if (left === 0 || !refusedMeanwhile.has(operation)) return false;
  source.busy.set(name.toLowerCase(), left - 1);
  return true;
}
