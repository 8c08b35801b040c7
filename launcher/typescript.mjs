/**
 * The TypeScript loader of every program: `node --import launcher/typescript.mjs FILE.ts`.
 *
 * It transforms our own files only, and on the thread that imports them. The loader's own
 * registration sends each of the 1,700 modules of the gateway through a second thread, which takes
 * a third of that program's start.
 */
import { registerHooks } from 'node:module';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import { createResolve, load, setTsconfigPath } from '@oxc-node/core';

/** @typedef {Parameters<import('node:module').LoadHookSync>} Request */

const CHECKOUT = new URL('../', import.meta.url).href;
const PACKAGES = new URL('node_modules/', CHECKOUT).href;

/** @param {string} url */
const isOurs = (url) =>
  url.startsWith(CHECKOUT) && !url.startsWith(PACKAGES) && url.endsWith('.ts');

setTsconfigPath(fileURLToPath(new URL('tsconfig.json', CHECKOUT)));

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major > 24 || (major === 24 && minor >= 5)) {
  process.setSourceMapsEnabled(true);
  // The transformer reads tsconfig.json when something is resolved for the first time.
  const context = { conditions: [], importAttributes: {}, parentURL: undefined };
  const itself = { url: import.meta.url, format: 'module', shortCircuit: true };
  await createResolve(
    { getCurrentDirectory: () => process.cwd() },
    import.meta.url,
    context,
    () => itself,
  );
  // Called on this thread it answers at once, and always with a source; its type allows for more.
  const transform =
    /** @type {(...request: [...Request, string]) => import('node:module').LoadFnOutput} */ (
      /** @type {unknown} */ (load)
    );
  registerHooks({
    load: (url, context, next) =>
      isOurs(url) ? transform(url, context, next, '@oxc-node/core') : next(url, context),
  });
} else {
  // Hooks on the importing thread are not reliable there.
  const registration = '@oxc-node/core/register';
  await import(registration);
}
