import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A folder of one test file, gone after its last test. */
export async function useFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'keyvault-escrow-test-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
