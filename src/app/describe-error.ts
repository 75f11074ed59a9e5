import { EscrowFault, messageOf } from '../escrow/model/failure.ts';
import { OutOfTime, reasonOf, remedyOf, ServiceError, type ServiceName } from '../escrow/model/service-error.ts';

/** What stopped a use case, for a person: reason and subject, then the remedy. Never a stack trace. */
type DescribedError = Pick<EscrowFault, 'code' | 'message' | 'remedy'>;

export function describeError(error: unknown): DescribedError {
  if (error instanceof EscrowFault) return error;
  if (isInterruption(error)) {
    const remedy = 'Run the same command again to go on.';
    return { code: 'interrupted', message: 'Interrupted', remedy };
  }
  if (error instanceof ServiceError) return describeServiceError(error);
  const remedy = 'This is unexpected: please report it; with DEBUG=keyvault-escrow the stack trace is shown.';
  return { code: 'unexpected', message: messageOf(error), remedy };
}

export function describeServiceError(error: ServiceError): DescribedError {
  const code = error.innerCode ?? error.code;
  const remedy = remedyOf(error, { grant: roles[error.service] });
  return { code, message: `${error.service}: ${reasonOf(error)}`, remedy };
}

/** Ctrl-C, wherever it took effect. */
function isInterruption(error: unknown): boolean {
  return error instanceof OutOfTime || (error instanceof Error && error.name === 'AbortError');
}

/** What a person needs: the app's own permissions are another matter. */
const roles: Readonly<Record<ServiceName, string>> = {
  'Queue Storage':
    'Give yourself the role Storage Queue Data Message Sender on the queue (Storage Queue Data Reader to look into it).',
  'Blob Storage': 'Give yourself the role "Key escrow: auditor" on the escrow container.',
  'Key Vault': 'Give yourself the role "Key escrow: restore operator" on the vault.',
  'Managed HSM': 'Give yourself a role in the HSM that allows it (az keyvault role assignment create).',
  'Resource Manager': 'Give yourself the role "Key escrow: see how the escrow is kept" on the escrow account.',
  'Resource Graph': 'Give yourself the role Reader on the subscriptions.',
  Folder: 'Give yourself the right to read and write there, or name another folder.',
  identity: '',
};
