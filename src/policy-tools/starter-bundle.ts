/** A bundle to begin with: small, commented, without a warning, and with tests that pass. */
import { join } from 'node:path';
import type { BundleFile } from '#policy-lang/bundle-files.ts';
import { readBundle } from './read-bundle.ts';

const STARTER = join(import.meta.dirname, 'starter');

/** @param name an identifier, the name of the policy file; @param from e.g. `2026-07-01T00:00 UTC` */
export async function starterBundle(name: string, from: string): Promise<readonly BundleFile[]> {
  const { files } = await readBundle(STARTER);
  return files.map(({ path, content }) => ({
    path: path.replace(/^starter\./, `${name}.`),
    content: content
      .replace('policy "starter"', `policy "${name}"`)
      .replace('from 2026-07-01T00:00 UTC', `from ${from}`),
  }));
}
