import { fork } from 'node:child_process';
import { machineEnvironment } from '../../local-azure/machine-environment.ts';
import { type BundledProgram, bundleProgram } from '../support/bundled-program.ts';
import type { Measured, WorkerAnswer, WorkerJob } from './worker-protocol.ts';

/** The measured program. */
export function buildWorker(): Promise<BundledProgram> {
  return bundleProgram(new URL('worker.ts', import.meta.url));
}

/**
 * The deployed instance has 2,048 MB, of which V8 takes half for its heap; its young generation, the greater part of what a
 * run holds, follows from that. Left alone, V8 would go by the memory of the machine at hand.
 */
const deployedHeap = '--max-heap-size=1024';

/**
 * Does one job in a process of its own.
 * @param env all that the process gets besides the machine's own: the local Azure's environment and the settings.
 * @throws when the job failed: a figure of a run that missed a key would mean nothing.
 */
export async function measure(file: string, env: Readonly<Record<string, string>>, job: WorkerJob): Promise<Measured> {
  const child = fork(file, [], {
    env: { ...machineEnvironment(), ...env },
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
