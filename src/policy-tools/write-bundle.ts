/** Writes the files of a new bundle. */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { invalidInput } from '#core/errors.ts';
import type { BundleFile } from '#policy-lang/bundle-files.ts';

/** Writes all or none of them. @throws INVALID_INPUT where one of them exists already */
export async function writeNewBundle(root: string, files: readonly BundleFile[]): Promise<void> {
  for (const { path } of files) await requireAbsent(join(root, path));
  for (const { path, content } of files) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content, { flag: 'wx' });
  }
}

async function requireAbsent(path: string): Promise<void> {
  try {
    await stat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    throw invalidInput(path, `cannot be written (${code ?? 'error'})`, 'Name another folder.');
  }
  throw invalidInput(path, 'exists already', 'Name a new folder; nothing is overwritten.');
}
