// Tests run against one real PostgreSQL server; each test file works on databases of its own.

import { defineConfig } from 'vitest/config';

// Vitest asks for a default export; the tidy test names this exception.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/chaos/**', 'node_modules/**'],
    globalSetup: ['test/harness/global.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 30_000,
    restoreMocks: true,
  },
});
