/** What lies in the folder of a signer's bundle. */

export type BundledPackage = {
  readonly name: string;
  readonly version: string;
  /** From the lock file (Subresource Integrity). */
  readonly integrity: string;
  /** Whether our own sources import it; the others come with one that they do. */
  readonly direct: boolean;
};

export type Manifest = {
  readonly bundle: HashedFile;
  readonly start: HashedFile;
  /** For the health checks of containers. */
  readonly health: HashedFile;
  /** Loaded at run time, one for each platform that has a build. */
  readonly native: readonly (HashedFile & { readonly package: string })[];
  readonly packages: readonly BundledPackage[];
  /** Modules of packages that another file takes the place of. */
  readonly replaced: readonly string[];
  /** Our own sources inside, as paths of the checkout. */
  readonly sources: readonly string[];
};

export type HashedFile = { readonly file: string; readonly sha256: string };

export const BUNDLE = 'signer.mjs';
export const START = 'signer';
export const HEALTH = 'health.mjs';
export const MANIFEST = 'manifest.json';
