/**
 * Where the operator's socket of a node is. The address of a Unix socket holds 103 bytes on every
 * platform; Linux takes a longer path by way of an open folder.
 */
import { existsSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

export const SOCKET_NAME = 'operator.sock';
const PATH_BYTES_MAX = 103;
const OPEN_FOLDERS = '/proc/self/fd';

export type SocketAddress = {
  /** What a socket is bound to or connected with. */
  readonly path: string;
  /** The path holds until then. */
  close(): Promise<void>;
};

/** Undefined where the path is too long for this system. @throws ErrnoException without a folder */
export async function openSocketAddress(
  dataDir: string,
  openFolders = OPEN_FOLDERS,
): Promise<SocketAddress | undefined> {
  const path = join(dataDir, SOCKET_NAME);
  if (Buffer.byteLength(path) <= PATH_BYTES_MAX) return { path, close: async () => undefined };
  if (!existsSync(openFolders)) return undefined;
  const folder: FileHandle = await open(dataDir, 'r');
  return { path: join(openFolders, `${folder.fd}`, SOCKET_NAME), close: () => folder.close() };
}
