/**
 * Writes `migrations/initial.ts` from the entities:
 * `node --import ./launcher/typescript.mjs src/persistence/make-migration.ts`. While nothing is
 * released there is one migration, made anew each time; a test fails where it lags behind.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MikroORM } from '@mikro-orm/postgresql';
import { databaseOptions } from './database.ts';

export const MIGRATION_FILE = new URL('./migrations/initial.ts', import.meta.url);

/** Puts each column of a `create table`, and each clause of other statements, on its own line. */
function readable(statement: string): string {
  if (!statement.startsWith('create table')) {
    return statement.replaceAll(/ (on "|add constraint|foreign key|references)/g, '\n      $1');
  }
  let depth = 0;
  let text = '';
  for (const [index, letter] of [...statement].entries()) {
    if (letter === '(') depth++;
    if (letter === ')') depth--;
    const isBreak = letter === ' ' && depth === 1 && statement[index - 1] === ',';
    text += isBreak ? '\n      ' : letter;
  }
  return text;
}

/** The migration's source text. Reads the entities only: no database is asked. */
export async function migrationText(): Promise<string> {
  const orm = new MikroORM(databaseOptions({ url: 'postgres://unused@127.0.0.1:1/unused' }));
  const sql = await orm.schema.getCreateSchemaSQL({ wrap: false });
  const statements = sql.split(/;\n+/).filter((statement) => statement.trim() !== '');
  const lines = statements.map((statement) => {
    const text = readable(statement.trim()).replaceAll(/[`$\\]/g, String.raw`\$&`);
    return `    this.addSql(\`${text}\`);`;
  });
  return [
    '/** Every table as the entities define it. Written by make-migration.ts; not edited by hand. */',
    "import { Migration } from '@mikro-orm/migrations';",
    '',
    'export class InitialMigration extends Migration {',
    '  override up(): void {',
    ...lines,
    '  }',
    '}',
    '',
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(MIGRATION_FILE, await migrationText());
}
