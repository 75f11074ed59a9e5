import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished, type TestContext } from 'vitest';

/** A folder of one test file, gone after its last test. */
export function useFolder(): Promise<string> {
  return makeFolder(afterAll);
}

/** A folder of the test that runs, or is about to (in `beforeEach`), gone after it. @param context of a concurrent test. */
export function useTestFolder(context: Pick<TestContext, 'onTestFinished'> = { onTestFinished }): Promise<string> {
  return makeFolder(context.onTestFinished);
}

async function makeFolder(onEnd: (remove: () => Promise<void>) => void): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'keyvault-escrow-test-'));
  onEnd(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
