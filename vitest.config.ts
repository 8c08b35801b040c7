import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{src,schema,signer-cluster,contracts,launcher,bench,tools,test}/**/*.test.ts'],
    globalSetup: ['src/testing/postgres-server.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
