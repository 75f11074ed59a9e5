import { isDenied } from '../model/failure-kind.ts';
import { ServiceError } from '../model/service-error.ts';
import { thumbprintOf } from '../model/source-key.ts';
import type { KeySource } from '../ports/key-source.ts';

/** A key version as it can be seen from outside. */
export interface SeenVersion {
  readonly createdAt: Date | undefined;
  /** RFC 7638. */
  readonly thumbprint?: string;
  /** Why there is no thumbprint: a symmetric key has no public part, or the service does not show the version. */
  readonly without?: 'publicPart' | 'permission';
}

export type SeenVersions = ReadonlyMap<string, SeenVersion>;

/** Every version of a key; none where there is no such key. Costs a call per 25 versions and one per version. */
export async function readVersions(keys: KeySource, name: string, deadline: AbortSignal): Promise<SeenVersions> {
  const seen = new Map<string, SeenVersion>();
  for await (const { version, createdAt } of keys.listVersions(name, deadline)) {
    seen.set(version, { createdAt, ...(await readThumbprint(keys, name, version, deadline)) });
  }
  return seen;
}

async function readThumbprint(
  keys: KeySource,
  name: string,
  version: string,
  deadline: AbortSignal,
): Promise<Pick<SeenVersion, 'thumbprint' | 'without'>> {
  try {
    const thumbprint = thumbprintOf(await keys.getPublicKey(name, version, deadline));
    return thumbprint === undefined ? { without: 'publicPart' } : { thumbprint };
  } catch (error) {
    if (error instanceof ServiceError && (isDenied(error.kind) || error.kind === 'accessRefused')) {
      return { without: 'permission' };
    }
    throw error;
  }
}
