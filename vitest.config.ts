import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Vite would take graphql's `module` entry where Node takes `main`: two copies of one library.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['{src,schema,signer-cluster,contracts,launcher,bench,tools,test}/**/*.test.ts'],
    globalSetup: ['src/testing/postgres-server.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Long enough on any machine; a test that passes does not wait for it.
    expect: { poll: { timeout: 60_000 } },
  },
});
