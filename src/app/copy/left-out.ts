import type { SourceId } from '../../escrow/model/source.ts';
import { describeSource } from '../../escrow/model/source.ts';

/** A record that was not copied. */
export interface LeftOut {
  readonly source: SourceId;
  readonly keyName: string;
  readonly blobName: string;
  readonly code: string;
  readonly reason: string;
}

export function describeLeftOut({ source, keyName, blobName, reason }: LeftOut): string {
  return `key "${keyName}" of ${describeSource(source)}, ${blobName}: ${reason}`;
}
