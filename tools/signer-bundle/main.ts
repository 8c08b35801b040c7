/** `npm run bundle-signer [-- FOLDER]`: makes the signer's bundle, and says what is in it. */
import path from 'node:path';
import process from 'node:process';
import { bundleSigner } from './build.ts';

const root = path.resolve(import.meta.dirname, '../..');
const out = path.resolve(process.argv[2] ?? path.join(root, 'dist/signer'));
const { bundle, native, packages } = await bundleSigner(root, out);
const lines = [
  `${bundle.sha256}  ${path.join(out, bundle.file)}`,
  ...native.map(({ file, sha256 }) => `${sha256}  ${path.join(out, file)}`),
  '',
  ...packages.map(({ name, version, direct }) => `${direct ? '*' : ' '} ${name} ${version}`),
  '',
  `${packages.length} packages, ${packages.filter(({ direct }) => direct).length} of them (*) imported by our own code`,
];
process.stdout.write(`${lines.join('\n')}\n`);
