import type { HeapProfiler, Profiler } from 'node:inspector';
import type { LoopJob } from './script-loops.ts';

/** What a measured process does. Its settings are its environment, as the deployed app's are. */
export type WorkerJob =
  | {
      readonly kind: 'run';
      /** Instant of the schedule; the same one again is a resume. */
      readonly runTime: string;
      /** Names of configured sources, run side by side. */
      readonly sources: readonly string[];
      /** Names of sources to run first, unmeasured, so that compiled code is measured. */
      readonly warmUp?: readonly string[];
      readonly profile?: true;
    }
  | { readonly kind: 'script'; readonly loop: LoopJob; readonly warmUp?: LoopJob }
  /** A person's `backup --store DIR` of one vault. */
  | {
      readonly kind: 'desk';
      readonly vaultName: string;
      readonly folder: string;
      /** Absent: the desk's own. */
      readonly maxBackupsPerSecond?: number;
    }
  /** The script that a person has instead: list, back up, write a file, one after the other. */
  | { readonly kind: 'folderScript'; readonly vaultUrl: string; readonly folder: string }
  /** The daily audit of every configured source; a gap fails it. */
  | { readonly kind: 'audit' }
  /** Leaves what a month of audits leaves. */
  | { readonly kind: 'monthOfAudits' }
  /** Two audits of so many keys, with stores and a vault that make their answers up. */
  | { readonly kind: 'largeAudit'; readonly keys: number; readonly folder: string }
  /** Creates small blobs under these names. */
  | { readonly kind: 'fill'; readonly into: 'store' | 'audits'; readonly blobNames: readonly string[] };

export interface Measured {
  /** From the first line of the job to its end; loading the program is not in it. */
  readonly elapsedMs: number;
  /** CPU of this process during that time, user and system. */
  readonly cpuMs: number;
  /** Highest resident memory of the process since it began, loading included. */
  readonly peakRssBytes: number;
  /** Ten a second. */
  readonly samples: readonly MemorySample[];
  readonly profiles?: Profiles;
}

export interface MemorySample {
  readonly atMs: number;
  readonly rssBytes: number;
  /** Keys escrowed so far. */
  readonly keys: number;
}

/** As V8 makes them. */
export interface Profiles {
  readonly cpu: Pick<Profiler.Profile, 'nodes' | 'samples' | 'timeDeltas'>;
  readonly heap: HeapProfiler.SamplingHeapProfile;
}

export type WorkerAnswer = { readonly measured: Measured } | { readonly error: string };
