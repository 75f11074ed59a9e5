import { defineConfig } from 'vitest/config';

const report = process.env.ESCROW_TEST_REPORT;

export default defineConfig({
  test: {
    // CI adds up its totals from this file.
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/setup/suite-azurite.ts'],
    setupFiles: ['test/setup/trust-suite-authority.ts'],
    // Two cores; each file keeps its own process.env, trust and servers.
    maxWorkers: 2,
    isolate: true,
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
