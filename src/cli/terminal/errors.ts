import { UnusableRequest } from '../../app/enqueue-request.ts';
import { UnknownName } from '../../app/known-names.ts';
import { SettingsFault } from '../../app/settings.ts';
import { EscrowFault, messageOf } from '../../escrow/model/failure.ts';
import { reasonOf, remedyOf } from '../../escrow/model/remedy.ts';
import type { ServiceName } from '../../escrow/model/service-error.ts';
import { OutOfTime, ServiceError } from '../../escrow/model/service-error.ts';
import { didYouMean } from './suggestion.ts';

/** What the process ends with; documented in docs/operations.md, so that scripts can rely on it. */
export const exitCodes = { done: 0, failed: 1, usage: 2, findings: 3 } as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A command line that cannot be carried out as it is: exit code 2. `remedy` says what would be right. */
export class UsageFault extends Error {
  override readonly name = 'UsageFault';
  readonly remedy: string;
  constructor(message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.remedy = remedy;
  }
}

/** What stopped a command, for a person and for `--json`: reason and subject, then the remedy. Never a stack trace. */
export interface FaultText {
  readonly exitCode: ExitCode;
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

export function describeFault(error: unknown): FaultText {
  if (error instanceof UsageFault) return fault('usage', 'usage', error.message, error.remedy);
  if (error instanceof UnknownName) {
    return fault('usage', 'unknownName', error.message, `${didYouMean(error.typed, error.known)}${error.hint}`);
  }
  if (error instanceof UnusableRequest) return fault('usage', 'requestRefused', error.message, '');
  if (error instanceof SettingsFault) {
    return fault(
      'usage',
      'settings',
      error.message,
      'Set them in the environment, or name a settings file: --settings local.settings.json.',
    );
  }
  if (error instanceof EscrowFault) return fault('failed', error.code, error.message, error.remedy);
  if (isInterruption(error))
    return fault('failed', 'interrupted', 'Interrupted', 'Run the same command again to go on.');
  if (error instanceof ServiceError) {
    const remedy = remedyOf(error, { grant: roles[error.service] });
    return fault('failed', error.innerCode ?? error.code, `${error.service}: ${reasonOf(error)}`, remedy);
  }
  const remedy = 'This is unexpected: please report it; with DEBUG=keyvault-escrow the stack trace is shown.';
  return fault('failed', 'unexpected', messageOf(error), remedy);
}

/** Ctrl-C, wherever it was noticed. */
export function isInterruption(error: unknown): boolean {
  return error instanceof OutOfTime || (error instanceof Error && error.name === 'AbortError');
}

/** What a person needs: the app's own permissions are another matter. */
const roles: Readonly<Record<ServiceName, string>> = {
  'Queue Storage':
    'Give yourself the role Storage Queue Data Message Sender on the queue (Storage Queue Data Reader to look into it).',
  'Blob Storage': 'Give yourself the role "Key escrow: auditor" on the escrow container.',
  'Key Vault': 'Give yourself the role "Key escrow: restore operator" on the vault.',
  'Managed HSM': 'Give yourself a role in the HSM that allows it (az keyvault role assignment create).',
  'Resource Graph': 'Give yourself the role Reader on the subscriptions.',
  Folder: 'Give yourself the right to read and write there, or name another folder.',
  identity: '',
};

function fault(exit: keyof typeof exitCodes, code: string, message: string, remedy: string): FaultText {
  return { exitCode: exitCodes[exit], code, message, remedy };
}
