import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Every file and every child process loads the same big libraries: compiled once, they load in half the time.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url));

const report = process.env.ESCROW_TEST_REPORT;

/** Tests of pure code: no environment, no server, no SDK client, so their files can share a process. */
const pure = [
  'test/escrow/**/*.test.ts',
  'test/contract/memory-store.test.ts',
  'test/store/stored-blob.test.ts',
  'test/infra/**/*.test.ts',
  'test/clock-rules.test.ts',
  'test/app/{settings,settings-in-use,settings.property,host-json}.test.ts',
  'test/app/backup/*.test.ts',
  'test/azure/clouds.test.ts',
  'test/azure/http/{clock,pacer,retry,service-answer}.test.ts',
  'test/azure/key-vault/key-source.test.ts',
];

/** Milliseconds. Ends what hangs; nothing else: a busy machine may take as long as it likes. */
const hang = 300_000;

export default defineConfig({
  test: {
    // CI adds up its totals from this file.
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    // One more than the cores of the smallest machine: much of the suite waits for queues, timers and other processes.
    maxWorkers: 3,
    projects: [
      {
        test: {
          name: 'pure',
          include: pure,
          globalSetup: ['test/setup/temporary-files.ts'],
          setupFiles: ['test/setup/properties.ts'],
          isolate: false,
          testTimeout: hang,
        },
      },
      {
        test: {
          name: 'local Azure',
          include: ['test/**/*.test.ts'],
          exclude: pure,
          globalSetup: ['test/setup/temporary-files.ts', 'test/setup/suite-azurite.ts'],
          setupFiles: ['test/setup/start-limit.ts', 'test/setup/properties.ts', 'test/setup/trust-suite-authority.ts'],
          // Each file keeps its own process.env, trust and servers.
          isolate: true,
          testTimeout: hang,
          hookTimeout: hang,
          expect: { poll: { timeout: hang / 2 } },
        },
      },
    ],
  },
});
