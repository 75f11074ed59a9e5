import { EscrowFault } from '../../escrow/model/failure.ts';

/** A failure that a command ends with: told as it is, exit code 1. @param remedy empty where the message says it. */
export function failWith(code: string, message: string, remedy: string): EscrowFault {
  return new EscrowFault(code, message, remedy);
}
