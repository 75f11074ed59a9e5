import { isSameSource, type SourceId } from '../../escrow/model/source.ts';
import { sourceOf } from '../source-settings.ts';
import type { FoundSource } from './find-sources.ts';
import { isSample, type SourceEntry } from './sources-file.ts';

export type Discovery = ReturnType<typeof compareSources>;

/**
 * What there is, beside what is configured.
 * @param configured the sources of the settings.
 * @param listed those of a file of sources. The sample that comes with the repository is nobody's.
 */
export function compareSources(
  found: readonly FoundSource[],
  configured: readonly SourceId[],
  listed: readonly SourceEntry[],
) {
  const entries = listed.filter((one) => !isSample(one));
  const known = [...configured, ...entries.map(sourceOf)];
  const distinct = known.filter((one, at) => known.findIndex((other) => isSameSource(one, other)) === at);
  return {
    sources: found.map((one) => ({ ...one, ...standingOf(one.source, configured, entries) })),
    /** Configured, and not seen: gone, moved, or hidden from whoever asks. */
    notFound: distinct.filter((one) => !found.some(({ source }) => isSameSource(source, one))),
  };
}

/** What is to become of a source: it is escrowed, somebody decided that it is not and said why, or nobody thought of it. */
function standingOf(source: SourceId, configured: readonly SourceId[], entries: readonly SourceEntry[]) {
  const entry = entries.find((one) => isSameSource(sourceOf(one), source));
  // What is deployed is escrowed, whatever the file says by now.
  if (configured.some((one) => isSameSource(one, source))) return { standing: 'configured' } as const;
  if (entry === undefined) return { standing: 'unconfigured' } as const;
  const { notEscrowed } = entry;
  return { standing: notEscrowed === undefined ? 'configured' : 'notEscrowed', notEscrowed } as const;
}

export const unconfigured = ({ sources }: Discovery) => sources.filter(({ standing }) => standing === 'unconfigured');
