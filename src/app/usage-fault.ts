import { EscrowFault } from '../escrow/model/failure.ts';

/** What was asked for cannot be done as it was typed, and nothing was changed. `remedy` says what would be right. */
export class UsageFault extends EscrowFault {
  override readonly name: string = 'UsageFault';
  constructor(message: string, remedy: string, { code = 'usage', ...options }: ErrorOptions & { code?: string } = {}) {
    super(code, message, remedy, options);
  }
}
