import { InvalidArgumentError } from '@commander-js/extra-typings';

/** Calls per second. @throws InvalidArgumentError */
export function parsePace(text: string): number {
  const pace = Number(text);
  if (pace > 0 && pace <= 1000) return pace;
  throw new InvalidArgumentError('Write a number of calls per second, up to 1000.');
}
