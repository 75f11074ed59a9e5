import { describeError } from '../../app/describe-error.ts';
import { UnknownName } from '../../app/known-names.ts';
import { didYouMean } from './suggestion.ts';

/** What the process ends with; documented in docs/command-line.md, so that scripts can rely on it. */
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

/** What stopped a command, for a person and for `--json`. */
export interface FaultText {
  readonly exitCode: ExitCode;
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

export function describeFault(error: unknown): FaultText {
  if (error instanceof UsageFault) {
    return { exitCode: exitCodes.usage, code: 'usage', message: error.message, remedy: error.remedy };
  }
  if (error instanceof UnknownName) {
    const remedy = `${didYouMean(error.typed, error.known)}${error.hint}`;
    return { exitCode: exitCodes.usage, code: 'unknownName', message: error.message, remedy };
  }
  const { isUsage, ...text } = describeError(error);
  return { exitCode: isUsage ? exitCodes.usage : exitCodes.failed, ...text };
}
