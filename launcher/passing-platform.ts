/**
 * A platform for the length of one command: on free ports, with a folder of its own that is removed
 * whichever way the command ends.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { type Platform, startPlatform } from './platform.ts';

export type PassingPlatform = Platform & {
  /** Stops the platform and removes its folder. */
  readonly leave: () => Promise<void>;
};

const INTERRUPTED_EXIT_CODE = 130;
/** Port 4000 stays free for `npm start`. */
const PORTS = { gateway: 0 };

/**
 * From the call on, Ctrl-C ends the process, once the platform is stopped and its folder is gone.
 * @param name of the command, for the folder's name
 * @param env its configuration; by default this process's environment
 * @throws LaunchError where it cannot be started; nothing is left then
 */
export async function startPassingPlatform(
  name: string,
  write: (text: string) => void,
  env: NodeJS.ProcessEnv = process.env,
): Promise<PassingPlatform> {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), `countersign-${name}-`));
  const remove = () => fs.rmSync(dataDir, { recursive: true, force: true });
  const abandon = new AbortController();
  let left: Promise<void> | undefined;
  const starting = startPlatform({ dataDir, env, ports: PORTS, write, abandon: abandon.signal });
  const leave = () => (left ??= end(starting, remove));
  const interrupt = () => {
    abandon.abort();
    void leave().then(() => process.exit(INTERRUPTED_EXIT_CODE));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  // The bootstrap was killed: nobody can pass a signal on any more.
  process.on('disconnect', interrupt);
  process.channel?.unref();
  try {
    return { ...(await starting), leave };
  } catch (error) {
    await leave();
    throw error;
  }
}

async function end(starting: Promise<Platform>, remove: () => void): Promise<void> {
  const [started] = await Promise.allSettled([starting]);
  if (started.status === 'fulfilled') await started.value.stop();
  remove();
}
