import type { Failure } from '../escrow/model/failure.ts';
import { EscrowFault, failureHeadline } from '../escrow/model/failure.ts';

/** A failure that ends a command. */
export function faultOf(failure: Failure): EscrowFault {
  return new EscrowFault(failure.code, failureHeadline(failure), failure.remedy, { cause: failure.cause });
}
