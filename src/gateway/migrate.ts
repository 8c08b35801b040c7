/**
 * Migrates the database of `DATABASE_URL`, prints `{"migrated":true}`, and exits. The launcher runs it
 * before the gateway and the worker.
 */
import { migrate } from '#persistence/migrate.ts';

const url = process.env['DATABASE_URL'];
if (url === undefined) throw new Error('DATABASE_URL is not set');
await migrate(url);
process.stdout.write(`${JSON.stringify({ migrated: true })}\n`);
