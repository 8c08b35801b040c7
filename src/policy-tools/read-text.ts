/** Reads a file that a command names. */
import { readFile } from 'node:fs/promises';
import { invalidInput } from '#core/errors.ts';

/** @throws INVALID_INPUT where it is absent, too large or no UTF-8 */
export async function readTextFile(path: string, bytesMax: number): Promise<string> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    const reason =
      error.code === 'ENOENT' ? 'there is no such file' : `cannot be read (${error.code})`;
    throw invalidInput(path, reason, 'Name a file.');
  });
  if (bytes.length > bytesMax) {
    throw invalidInput(path, `larger than ${bytesMax} bytes`, 'Split the file.');
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw invalidInput(path, 'not UTF-8', 'Save the file as UTF-8.');
  }
}
