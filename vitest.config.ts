import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
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
