import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { appBundleOptions } from '../../bundle-options.ts';
import type { Measured, WorkerAnswer, WorkerJob } from './worker-protocol.ts';

/** A program to measure. */
export interface WorkerProgram extends AsyncDisposable {
  readonly file: string;
}

/** Bundles the measured program as the product is bundled: what is measured is what is deployed. */
export async function buildWorker(): Promise<WorkerProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'escrow-bench-'));
  const file = join(folder, 'worker.cjs');
  await build({
    ...appBundleOptions,
    entryPoints: [fileURLToPath(new URL('worker.ts', import.meta.url))],
    outfile: file,
  });
  return { file, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

/**
 * The deployed instance has 2,048 MB, of which V8 takes half for its heap; its young generation, the greater part of what a
 * run holds, follows from that. Left alone, V8 would go by the memory of the machine at hand.
 */
const deployedHeap = '--max-heap-size=1024';

/**
 * Does one job in a process of its own.
 * @param env all that the process gets besides PATH: the local Azure's environment and the settings.
 * @throws when the job failed: a figure of a run that missed a key would mean nothing.
 */
export async function measure(file: string, env: Readonly<Record<string, string>>, job: WorkerJob): Promise<Measured> {
  const { PATH, HOME, TMPDIR } = process.env;
  const child = fork(file, [], {
    env: { PATH, HOME, TMPDIR, ...env },
    execArgv: [deployedHeap],
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const answer = await new Promise<WorkerAnswer>((resolve, reject) => {
    child.once('message', resolve);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`The measured process ended with code ${code} before it answered.`)));
    child.send(job);
  });
  if ('error' in answer) throw new Error(`The measured job failed: ${answer.error}`);
  return answer.measured;
}
