import type { RequestRecord } from '../../local-azure/key-vault/service.ts';
import type { LocalAzure } from '../../local-azure/local-azure.ts';
import { type BenchSource, settingsOf, slowDown, startBenchAzure } from './bench-azure.ts';
import { measure } from './measured-process.ts';
import { type Bench, runTimes } from './measurement.ts';
import { vaultRequests } from './request-counts.ts';
import type { Measured } from './worker-protocol.ts';

/** One run over one source. @param runTime instant of the schedule; the same one again is a resume. */
export function measureRun(
  { worker }: Bench,
  azure: LocalAzure,
  source: BenchSource,
  runTime: string,
): Promise<Measured> {
  return measure(worker, settingsOf(azure, [source]), { kind: 'run', runTime, sources: [source.name] });
}

/** What a distant source, 150 ms a call, is asked by one run over it: the requests with a token, in order of arrival. */
export async function requestsOfRun(bench: Bench, source: BenchSource): Promise<RequestRecord[]> {
  await using azure = await startBenchAzure([source]);
  slowDown(azure, 150);
  await measureRun(bench, azure, source, runTimes()());
  return vaultRequests(azure.keyVault.requests, source.name);
}
