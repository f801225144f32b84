import { defineConfig } from 'vitest/config';

/** Tests that start QEMU: `npm run test:real`. They say why when there is none, and are skipped then. */
export default defineConfig({
  test: {
    include: ['test/**/*.real.test.ts'],
    maxWorkers: 1,
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
});
