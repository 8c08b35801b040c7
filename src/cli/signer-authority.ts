/**
 * `countersign signer trust|apply|freeze|thaw|authority|adopt`: whom the node of this machine believes, said by its operator
 * and not by a gateway.
 */
import { readFile, unlink, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { askNode, type OperatorAnswer } from '#signer-cluster/operator/ask-node.ts';
import { type Command, type ExitCode, UsageError, readArguments, requireWord } from './command.ts';
import { NODE_OPTION, askOperator } from './signer-node.ts';
import { printable, type Terminal } from './terminal.ts';

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

export const signerAuthority: Command = {
  name: 'signer authority',
  usage: 'ORGANIZATION --node FOLDER [--save FILE]',
  about: "show where this node's copy of an organisation's authority log ends",
  details: [
    'Where two nodes show another hash at the same place, a worker has brought them the same changes in',
    'another order: payments wait then (AUTHORITY_DIFFERS) until "countersign signer adopt" has put one node\'s',
    'order in place of the other.',
    "  --save FILE   write the whole log, with this node's receipt of its end, for another node to adopt",
    NODE_OPTION,
  ],
  run: async (args, terminal) => {
    const { words, options } = readArguments(args, { words: 1, options: ['node', 'save'] });
    const organization = requireWord(words, 'Name the organisation, e.g. org_0192....');
    const answer = await askNode(folderOf(options.node), { command: 'authority', organization });
    if (!answer.ok) return refused(answer, terminal);
    const { from, entries, head, receipts } = answer as unknown as SavedLog;
    if (options.save !== undefined) {
      const log: SavedLog = { organization, from, entries, head, receipts };
      await writeNew(options.save, log);
    }
    terminal.out(printable(`the log of ${organization} ends at ${head.sequence}: ${head.hash}`));
    return 0;
  },
};

export const signerAdopt: Command = {
  name: 'signer adopt',
  usage: 'FILE... --node FOLDER --evidence FILE [--give-up HASH,HASH]',
  about: 'put the authority log that other nodes have in place of the one of this node',
  details: [
    'The files are what "countersign signer authority --save" wrote at other nodes, with the same log in each,',
    'with this node as many as must sign. It checks every change again, from the genesis that is pinned here, and',
    'refuses an order in which a change of its own log is missing, and names it: bring that change to the others',
    'first ("countersign signer apply"), or give it up, if it cannot follow theirs.',
    '  --evidence FILE   where the log that this node gives up is kept; the file must not be there yet',
    '  --give-up HASH    changes that may be lost, as the refusal names them',
    NODE_OPTION,
  ],
  run: async (args, terminal) => {
    const known = { words: NODES_MAX, options: ['node', 'evidence', 'give-up'] } as const;
    const { words, options } = readArguments(args, known);
    if (words.length === 0) throw new UsageError('Name the files that other nodes have written.');
    const logs = await Promise.all(words.map((path) => readSaved(resolve(path))));
    const folder = folderOf(options.node);
    const wanted = sameLog(logs);
    const { organization, entries, head, receipts } = wanted;
    const own = await askNode(folder, { command: 'authority', organization });
    if (!own.ok) return refused(own, terminal);
    const before = own as unknown as SavedLog;
    const from = entries.findIndex((text, place) => text !== before.entries[place]);
    if (from === -1 && entries.length === before.entries.length) {
      terminal.out(printable(`${organization}: this node has the same log`));
      return 0;
    }
    if (options.evidence === undefined) throw new UsageError('Name a new file with --evidence.');
    await writeNew(options.evidence, { ...before, organization });
    const start = from === -1 ? entries.length : from;
    const givenUp = options['give-up']?.split(',') ?? [];
    const asked = { organization, from: start, entries: entries.slice(start), head, receipts };
    const answer = await askNode(folder, { command: 'adopt', ...asked, givenUp });
    if (!answer.ok) {
      // Nothing was given up.
      await unlink(resolve(options.evidence));
      return refused(answer, terminal);
    }
    terminal.out(printable(`the log of ${organization} ends at ${head.sequence}: ${head.hash}`));
    return 0;
  },
};

/** As many files as a committee has nodes. */
const NODES_MAX = 32;

type SavedLog = ExportedLog & {
  readonly head: { readonly sequence: number; readonly hash: string };
  readonly receipts: readonly unknown[];
};

const folderOf = (folder: string | undefined): string => {
  if (folder === undefined) throw new UsageError('Name the folder of the node with --node.');
  return resolve(folder);
};

function refused(answer: OperatorAnswer, terminal: Terminal): ExitCode {
  if (!answer.ok) terminal.err(printable(`${answer.code}: ${answer.message}`));
  return 1;
}

const writeNew = async (path: string, log: SavedLog): Promise<void> => {
  await writeFile(resolve(path), `${JSON.stringify(log)}\n`, { flag: 'wx', mode: 0o600 }).catch(
    (cause: NodeJS.ErrnoException) => {
      throw new UsageError(`The file ${path} cannot be made (${cause.code}).`);
    },
  );
};

async function readSaved(path: string): Promise<SavedLog> {
  const log = (await readLog(path)) as Partial<SavedLog>;
  const isWhole =
    log.from === 0 && Array.isArray(log.entries) && Array.isArray(log.receipts) && !!log.head;
  if (isWhole) return log as SavedLog;
  throw new UsageError(`The file ${path} is no log that a node has saved.`);
}

/** The one log of all files, with the receipts of each. @throws UsageError where they differ */
function sameLog(logs: readonly SavedLog[]): SavedLog {
  const [first] = logs as readonly [SavedLog];
  const isSame = logs.every(
    ({ organization, head }) =>
      organization === first.organization &&
      head.sequence === first.head.sequence &&
      head.hash === first.head.hash,
  );
  if (!isSame) throw new UsageError('The files hold different logs.');
  return { ...first, receipts: logs.flatMap(({ receipts }) => receipts) };
}
