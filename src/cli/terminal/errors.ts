import { describeError } from '../../app/describe-error.ts';
import { UnknownName } from '../../app/known-names.ts';
import { didYouMean } from './suggestion.ts';

/** What the process ends with; documented in docs/command-line.md, so that scripts can rely on it. */
export const exitCodes = { done: 0, failed: 1, usage: 2, findings: 3 } as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What stopped a command, for a person and for `--json`. */
export interface FaultText {
  readonly exitCode: ExitCode;
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

export function describeFault(error: unknown): FaultText {
  if (error instanceof UnknownName) {
    const remedy = `${didYouMean(error.typed, error.known)}${error.hint}`;
    return { exitCode: exitCodes.usage, code: 'unknownName', message: error.message, remedy };
  }
  const { isUsage, ...text } = describeError(error);
  return { exitCode: isUsage ? exitCodes.usage : exitCodes.failed, ...text };
}
