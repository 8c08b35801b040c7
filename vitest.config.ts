import { availableParallelism } from 'node:os';

import { defineConfig } from 'vitest/config';

import { ProcessesFirst } from './src/testing/processes-first.ts';

/** More at once would ask the one Postgres server for more connections than it has. */
const WORKERS_MAX = 8;

export default defineConfig({
  // Vite would take graphql's `module` entry where Node takes `main`: two copies of one library.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: [
      '{src,schema,signer-cluster,contracts,launcher,demo,bench,tools,test,editors}/**/*.test.ts',
    ],
    isolate: false,
    setupFiles: ['src/testing/leaves-no-trace.ts'],
    sequence: { sequencer: ProcessesFirst },
    globalSetup: ['src/testing/postgres-server.ts'],
    reporters: ['default', './src/testing/slowest-files.ts'],
    // Vitest alone would leave one core for itself: with two, that is half of the machine.
    maxWorkers: Math.min(availableParallelism(), WORKERS_MAX),
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Long enough on any machine; a test that passes does not wait for it.
    expect: { poll: { timeout: 60_000 } },
  },
});
