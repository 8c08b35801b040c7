/** The commands of the project, as data: what each is for, and which programs it runs. */
import fs from 'node:fs';
import path from 'node:path';

/**
 * @typedef {{
 *   args: readonly string[],
 *   typescript?: boolean,
 *   env?: Readonly<Record<string, string>>,
 * }} Command arguments for Node; `typescript` programs run through the loader
 * @typedef {{
 *   about: string,
 *   usage?: string,
 *   keepsFolder?: boolean,
 *   supervises?: boolean,
 *   tellsHelp?: boolean,
 *   commands: (args: readonly string[], root: string) => readonly Command[],
 * }} Verb `keepsFolder` runs in the caller's folder, `supervises` starts processes of its own,
 * `tellsHelp` answers `--help` itself; all commands run, and the first code that is not 0 is the verb's
 */

/**
 * @param {string} root
 * @param {string} name
 */
const bin = (root, name) => fs.realpathSync(path.join(root, 'node_modules', '.bin', name));

/**
 * @param {string} root
 * @param {string} file
 * @param {readonly string[]} args
 * @returns {Command}
 */
const program = (root, file, args) => ({
  typescript: true,
  args: [path.join(root, file), ...args],
});

/** @type {Readonly<Record<string, Verb>>} */
export const VERBS = {
  start: {
    about: 'start the platform; Ctrl-C stops it and keeps its data',
    supervises: true,
    commands: (args, root) => [program(root, 'launcher/start.ts', args)],
  },
  test: {
    usage: '[vitest arguments]',
    about: 'run the tests',
    tellsHelp: true,
    commands: (args, root) => [{ args: [bin(root, 'vitest'), 'run', ...args] }],
  },
  matrix: {
    about:
      'kill every process in every state of a payment, and every node in every moment of a ceremony (an hour)',
    commands: (args, root) => [
      {
        args: [bin(root, 'vitest'), 'run', 'test/whole-system.test.ts', '-t', 'kill -9', ...args],
        env: { MATRIX: 'full' },
      },
      {
        args: [bin(root, 'vitest'), 'run', 'signer-cluster/crash-matrix.test.ts'],
        env: { MATRIX: 'full' },
      },
      {
        args: [
          bin(root, 'vitest'),
          'run',
          'src/cluster-client/ceremony-crash.test.ts',
          'src/cluster-client/crash.test.ts',
        ],
        env: { MATRIX: 'full' },
      },
    ],
  },
  demo: {
    about: 'walk one payment through a running platform, or through one of its own',
    supervises: true,
    tellsHelp: true,
    commands: (args, root) => [program(root, 'demo/demo.ts', args)],
  },
  bench: {
    usage: 'NAME [--n ROUNDS] [--json]',
    about: 'run a benchmark or a soak of bench/',
    supervises: true,
    tellsHelp: true,
    commands: (args, root) => [program(root, 'bench/run.ts', args)],
  },
  mutations: {
    usage: '[--cases N]',
    about: 'change every field of every message of every signing protocol (minutes)',
    tellsHelp: true,
    commands: (args, root) => [program(root, 'test/mutations/main.ts', args)],
  },
  'policy-soak': {
    usage: '[--only ID] [--seed N]',
    about: 'try what must hold of the policy language on random policies and requests (minutes)',
    tellsHelp: true,
    commands: (args, root) => [program(root, 'test/policy-soak/main.ts', args)],
  },
  accept: {
    usage: '[--only ID] [--seed N] [--profile quick|full] [--at-once N] [--raw FILE [--resume]]',
    about: 'play the acceptance runs on real processes; ends with 2 where one cannot be played',
    supervises: true,
    tellsHelp: true,
    commands: (args, root) => [program(root, 'test/accept/main.ts', args)],
  },
  planted: {
    usage: '[--only NAME] [--at-once N]',
    about: 'plant each known bug into a copy of the checkout, and see that it is caught (minutes)',
    tellsHelp: true,
    commands: (args, root) => [program(root, 'test/planted/main.ts', args)],
  },
  simulate: {
    usage: '[--seeds N] [--first SEED]',
    about: 'play whole lives of the platform from seeds, on its pure parts alone (minutes)',
    tellsHelp: true,
    commands: (args, root) => [program(root, 'test/simulator/main.ts', args)],
  },
  secrecy: {
    about: 'search the memory, disks and logs of signer nodes for secrets during 1,000 signatures',
    commands: (args, root) => [
      {
        args: [bin(root, 'vitest'), 'run', 'signer-cluster/memory-secrecy.test.ts', ...args],
        env: { SECRECY: 'full' },
      },
    ],
  },
  check: {
    about: 'types, lint, format, the house rules and the printed schema',
    commands: (_args, root) => [
      { args: [bin(root, 'tsc'), '-p', root] },
      { args: [bin(root, 'tsc'), '-p', path.join(root, 'console')] },
      { args: [bin(root, 'tsc'), '-p', path.join(root, 'editors')] },
      { args: [bin(root, 'oxlint'), '--type-aware'] },
      { args: [bin(root, 'oxfmt'), '--check', '.'] },
      { args: [bin(root, 'vitest'), 'run', 'test/tidy.test.ts', 'schema/schema.test.ts'] },
    ],
  },
  format: {
    usage: '[files]',
    about: 'format the source files',
    commands: (args, root) => [{ args: [bin(root, 'oxfmt'), ...(args.length > 0 ? args : ['.'])] }],
  },
  vscode: {
    usage: '[FOLDER]',
    about: 'pack the VS Code extension for policies as a .vsix file',
    commands: (args, root) => [program(root, 'editors/vscode/package-extension.ts', args)],
  },
  schema: {
    about: 'print the GraphQL schema into schema/schema.graphql',
    commands: (args, root) => [program(root, 'src/gateway/print-schema.ts', args)],
  },
  contracts: {
    about: 'compile the Solidity sources of contracts/',
    commands: (args, root) => [program(root, 'contracts/compile.ts', args)],
  },
  'bundle-signer': {
    usage: '[FOLDER]',
    about: "build the signer node's bundle and its manifest (dist/signer)",
    commands: (args, root) => [program(root, 'tools/signer-bundle/main.ts', args)],
  },
  countersign: {
    usage: '...',
    about: 'the command line for people and scripts (see countersign --help)',
    keepsFolder: true,
    tellsHelp: true,
    commands: (args, root) => [program(root, 'src/cli/main.ts', args)],
  },
};

/**
 * @param {string} name
 * @param {Verb} verb
 * @returns {string}
 */
export function verbHelpText(name, { usage, about }) {
  const call = name === 'start' ? 'npm start' : `npm run ${name}`;
  return [`Usage: ${call}${usage === undefined ? '' : ` -- ${usage}`}`, '', about].join('\n');
}

/** @returns {string} */
export function helpText() {
  const lines = Object.entries(VERBS).map(([name, { usage, about }]) => {
    const call = usage === undefined ? name : `${name} ${usage}`;
    return `  ${call.padEnd(26)}${about}`;
  });
  return ['Usage: node tools/run.mjs COMMAND [arguments]', '', ...lines].join('\n');
}
