/** The platform's database in the embedded server: made once, and brought to the present schema. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import pg from 'pg';

import { LaunchError } from './launch-error.ts';
import { CHECKOUT, programArguments, programEnvironment } from './programs.ts';

const run = promisify(execFile);

/**
 * Creates the database where it does not exist, and has it migrated unless it is known to have the
 * present schema already: a migration that finds nothing to do still takes most of a second. The
 * knowledge is a comment on the database itself, so that it goes wherever the data goes.
 * @param adminUrl another database of the same server
 * @param name of the database, a plain identifier
 */
export async function prepareDatabase(
  adminUrl: string,
  name: string,
  migrate: () => Promise<void>,
): Promise<void> {
  const fingerprint = schemaFingerprint();
  const client = new pg.Client({ connectionString: adminUrl });
  // A server that ends while nothing is asked says so here only; the next question fails anyway.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ comment: string | null }>(
      `SELECT shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname = $1`,
      [name],
    );
    if (rows.length === 0) await client.query(`CREATE DATABASE ${name}`);
    if (rows[0]?.comment === fingerprint) return;
    await migrate();
    await client.query(`COMMENT ON DATABASE ${name} IS '${fingerprint}'`);
  } finally {
    await client.end();
  }
}

/** Changes with everything that may change the schema: the persistence floor and the packages. */
export function schemaFingerprint(): string {
  const folder = path.join(CHECKOUT, 'src', 'persistence');
  const hash = createHash('sha256').update(
    fs.readFileSync(path.join(CHECKOUT, 'package-lock.json')),
  );
  for (const name of fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()) {
    if (name.endsWith('.ts') && !name.endsWith('.test.ts')) {
      hash.update(name).update(fs.readFileSync(path.join(folder, name)));
    }
  }
  return `schema ${hash.digest('hex')}`;
}

/** @throws LaunchError where nobody answers, or the name or the password is refused */
export async function requireAnswer(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
  } catch (cause) {
    const { host, port, database = '' } = client;
    // A host with several addresses fails once for each, and then has no words of its own.
    const { message, code } = cause as Error & { readonly code?: string };
    throw new LaunchError(
      `the database "${database}" at ${host}:${port} (DATABASE_URL) cannot be used: ` +
        `${message || code}`,
      { cause },
    );
  } finally {
    await client.end();
  }
}

/**
 * Brings a database to the present schema in a process of its own.
 * @throws LaunchError with what that process wrote
 */
export async function migrateDatabase(url: string, inherited: NodeJS.ProcessEnv): Promise<void> {
  const env = programEnvironment(inherited, { DATABASE_URL: url });
  try {
    const program = programArguments('src/gateway/migrate.ts');
    await run(process.execPath, program, { cwd: CHECKOUT, env });
  } catch (cause) {
    const { stderr } = cause as { stderr?: string };
    throw new LaunchError(`the database cannot be migrated:\n${stderr?.trim() ?? String(cause)}`, {
      cause,
    });
  }
}
