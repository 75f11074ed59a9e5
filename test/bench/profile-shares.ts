import type { HeapProfiler, Runtime } from 'node:inspector';
import type { Profiles } from './worker-protocol.ts';

/** Microseconds, or bytes, that a function had for itself. */
interface Weighted {
  readonly frame: Runtime.CallFrame;
  readonly weight: number;
}

/** Self time of each function of a CPU profile; waiting is not work. */
export function timeByFrame({ nodes, samples = [], timeDeltas = [] }: Profiles['cpu']): Weighted[] {
  const selfTime = new Map<number, number>();
  for (const [index, id] of samples.entries()) selfTime.set(id, (selfTime.get(id) ?? 0) + (timeDeltas[index] ?? 0));
  return nodes
    .filter(({ callFrame }) => callFrame.functionName !== '(idle)')
    .map(({ id, callFrame }) => ({ frame: callFrame, weight: selfTime.get(id) ?? 0 }));
}

/** Bytes that each function of a sampled heap profile allocated itself. */
export function bytesByFrame({ callFrame, selfSize, children }: HeapProfiler.SamplingHeapProfileNode): Weighted[] {
  return [{ frame: callFrame, weight: selfSize }, ...children.flatMap(bytesByFrame)];
}

/** Who wrote a function: us, a group of packages, or Node itself. */
export function ownerOf({ functionName, url }: Runtime.CallFrame): string {
  if (functionName === '(garbage collector)') return 'garbage collection';
  if (functionName === '(program)' || functionName === '(root)') return 'native code, V8';
  const [, name = ''] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? [];
  if (/^@azure\/(storage-|core-xml|core-http-compat)/.test(name)) return 'storage SDK';
  if (name.startsWith('@azure/keyvault-')) return 'Key Vault SDK';
  if (name.startsWith('@azure/') || name.startsWith('@typespec/')) return 'SDK core and identity';
  if (name !== '') return 'other packages';
  if (/^node:(internal\/)?_?(tls|crypto)|internal\/crypto/.test(url)) return 'Node: TLS, digests';
  if (/^node:(internal\/)?(_?http|https|net|_agent)|stream/.test(url)) return 'Node: HTTP, streams';
  if (url.startsWith('node:')) return 'Node: rest';
  return url === '' ? 'native code, V8' : 'our own code';
}

interface Share {
  readonly owner: string;
  /** 0 to 1, of all weight. */
  readonly share: number;
}

/** Weights by owner, the greatest first. */
export function shares(weighted: readonly Weighted[], owner: (frame: Runtime.CallFrame) => string): Share[] {
  const sums = new Map<string, number>();
  for (const { frame, weight } of weighted) sums.set(owner(frame), (sums.get(owner(frame)) ?? 0) + weight);
  const total = [...sums.values()].reduce((sum, one) => sum + one, 0);
  return [...sums]
    .filter(([, sum]) => sum > 0)
    .map(([name, sum]) => ({ owner: name, share: sum / total }))
    .toSorted((a, b) => b.share - a.share);
}
