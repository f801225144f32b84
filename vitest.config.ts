import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/bench/**', 'test/**/*.real.test.ts'],
    maxWorkers: 2,
    // Files of one worker share what was loaded: half of the time went into loading it anew for each. No module keeps what a test could notice.
    isolate: false,
    globalSetup: ['test/support/nothing-left.ts'],
    setupFiles: ['test/support/native-sources.ts'],
    server: { deps: { external: [/\/src\/.*\.ts$/] } },
    forceRerunTriggers: ['**/package.json/**', '**/vitest.config.*', '**/src/**'],
    testTimeout: 30_000,
  },
});
