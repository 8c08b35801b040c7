#!/usr/bin/env node
/** The `countersign` command: the same bootstrap, with the caller's folder kept. */
process.argv.splice(2, 0, 'countersign');
await import('./run.mjs');
