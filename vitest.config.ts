import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/bench/**', 'test/**/*.real.test.ts'],
    maxWorkers: 2,
    testTimeout: 30_000,
  },
});
