/**
 * Makes a signer node a corrupted one, in place of modules of its sources: `NAME.ts` beside this file
 * stands in for the module of that name, which the replacement alone still reaches. Loaded before the
 * node's program, in runs that ask whether the honest nodes need it to be honest, and nowhere else.
 */
import fs from 'node:fs';
import { registerHooks } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const HERE = import.meta.dirname;
const NODE = path.resolve(HERE, '..', '..', '..', 'signer-cluster');

/** @type {Map<string, string>} */
const replaced = new Map();
for (const name of fs.readdirSync(HERE).filter((file) => file.endsWith('.ts'))) {
  const [genuine, own] = [NODE, HERE].map((folder) => pathToFileURL(path.join(folder, name)).href);
  replaced.set(/** @type {string} */ (genuine), /** @type {string} */ (own));
}

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    const own = replaced.get(resolved.url);
    const isFromHere = context.parentURL === own;
    return own === undefined || isFromHere ? resolved : { ...resolved, url: own };
  },
});
