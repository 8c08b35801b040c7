/**
 * `countersign signer trust|apply|freeze|thaw`: whom the node of this machine believes, said by its operator
 * and not by a gateway.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, UsageError, readArguments, requireWord } from './command.ts';
import { NODE_OPTION, askOperator } from './signer-node.ts';
import { printable } from './terminal.ts';

export const signerTrust: Command = {
  name: 'signer trust',
  usage: 'ORGANIZATION HASH --node FOLDER',
  about: "pin the beginning of an organisation's authority log at this node",
  details: [
    'A node believes a log of users, roles, policies and wallets only if it begins with the genesis that',
    'its operator has named here, once and for all. Get the hash from the first administrator, not from',
    'the gateway: it names the passkey from which all authority follows.',
    NODE_OPTION,
  ],
  run: async (args, terminal) => {
    const { words, options } = readArguments(args, { words: 2, options: ['node'] });
    const organization = requireWord(words, 'Name the organisation, e.g. org_0192....');
    const [, genesis] = words;
    if (genesis === undefined) throw new UsageError('Name the hash of the genesis, 64 digits.');
    const request = { command: 'trust', organization, genesis };
    return askOperator(options.node, request, terminal, () =>
      terminal.out(printable(`${organization} is trusted if it begins with ${genesis}`)),
    );
  },
};

type ExportedLog = {
  readonly organization: string;
  readonly from: number;
  readonly entries: readonly string[];
};

async function readLog(path: string): Promise<ExportedLog> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ExportedLog;
  } catch {
    throw new UsageError(`The file ${path} cannot be read as a log.`);
  }
}

export const signerApply: Command = {
  name: 'signer apply',
  usage: 'FILE --node FOLDER',
  about: 'bring changes of authority to this node without the gateway',
  details: [
    'The file holds entries of an authority log as JSON: organization, from (the number of the first',
    'entry) and entries (their texts). The node checks each as it checks those of a worker, whatever',
    'their age. So a gateway that withholds a revocation or a stricter policy gains nothing.',
    NODE_OPTION,
  ],
  run: async (args, terminal) => {
    const { words, options } = readArguments(args, { words: 1, options: ['node'] });
    const log = await readLog(resolve(requireWord(words, 'Name the file with the changes.')));
    const request = { command: 'apply', ...log };
    return askOperator(options.node, request, terminal, ({ head }) => {
      const { sequence, hash } = head as { readonly sequence: number; readonly hash: string };
      terminal.out(printable(`the log of ${log.organization} ends at ${sequence}: ${hash}`));
    });
  },
};

export const signerFreeze: Command = {
  name: 'signer freeze',
  usage: 'ORGANIZATION --node FOLDER',
  about: 'stop every payment of an organisation at this node',
  details: [
    'Payments wait until "countersign signer thaw" lets this node go on. Where a payment needs every node, as',
    'with 2 of 3, one node is enough to stop it.',
    NODE_OPTION,
  ],
  run: async (args, terminal) => {
    const { words, options } = readArguments(args, { words: 1, options: ['node'] });
    const organization = requireWord(words, 'Name the organisation, e.g. org_0192....');
    const request = { command: 'freeze', organization };
    return askOperator(options.node, request, terminal, () =>
      terminal.out(printable(`${organization} is frozen at this node`)),
    );
  },
};

export const signerThaw: Command = {
  name: 'signer thaw',
  usage: 'ORGANIZATION --node FOLDER',
  about: 'let the payments of an organisation go on that this node has stopped',
  details: [
    'It takes back what this node\'s operator has said with "countersign signer freeze". What the organisation',
    'itself has frozen, only a quorum of its people thaws.',
    NODE_OPTION,
  ],
  run: async (args, terminal) => {
    const { words, options } = readArguments(args, { words: 1, options: ['node'] });
    const organization = requireWord(words, 'Name the organisation, e.g. org_0192....');
    const request = { command: 'thaw', organization };
    return askOperator(options.node, request, terminal, ({ frozen }) => {
      const still = `${organization} stays frozen: its own people have frozen it`;
      terminal.out(printable(frozen === true ? still : `${organization} goes on at this node`));
    });
  },
};
