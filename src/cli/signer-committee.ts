/**
 * `countersign signer init|workers|committee|join`: a node on its own machine, and the record of the
 * committee that nodes of several machines make (docs/guides/committee.md).
 */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { invalidInput } from '#core/errors.ts';
import { instant } from '#core/time.ts';
import { UNWITNESSED } from '#mandate/quorum.ts';
import {
  type Address,
  CARD_FILE,
  initNode,
  initWorkers,
  parseAddress,
  readCertificate,
} from '#signer-cluster/operator/init-node.ts';
import {
  type RecordView,
  followRecord,
  makeRecord,
  viewRecord,
} from '#signer-cluster/operator/records.ts';
import { type Command, UsageError, readArguments, requireWord } from './command.ts';
import { NODE_OPTION, askOperator } from './signer-node.ts';
import { newSourceOf, writeNew } from './signer-offline.ts';
import { type Terminal, printable } from './terminal.ts';

function requireOption(value: string | undefined, name: string): string {
  if (value === undefined) throw new UsageError(`The option --${name} is missing.`);
  return value;
}

function addressIn(text: string, name: string): Address {
  try {
    return parseAddress(text, name);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new UsageError(`The option --${name} takes HOST:PORT.`);
  }
}

const DIAL_IN = 'dial-in';

export const signerInit: Command = {
  name: 'signer init',
  usage: 'FOLDER --workers-ca FILE (--address HOST:PORT | --dial HOST:PORT) [--listen HOST:PORT]',
  about: 'make one node on this machine, and its join card',
  details: [
    'The node gets an identity, a sealing key, and a certificate of an authority of its own; nothing of',
    `that leaves the machine but the card FOLDER/${CARD_FILE}, which holds no secret. Give it to`,
    'whoever makes the record of the committee, start the node, and pin the record with "signer join".',
    '  --workers-ca     the ca.pem of the workers (see "countersign signer workers")',
    '  --address        where workers reach the node',
    '  --listen         where it listens; 0.0.0.0 and the port of --address where absent',
    '  --dial           in their place, for a node that nobody reaches: the rendezvous of the workers',
    '  --from           where the sealing key comes from, with the options of "countersign signer seal";',
    '                   a file in FOLDER where absent',
  ],
  run: async (args, terminal) => {
    const names = [
      'workers-ca',
      'address',
      'listen',
      'dial',
      'from',
      'file',
      'wrap',
      'unwrap',
    ] as const;
    const { words, options } = readArguments(args, { words: 1, options: names });
    const folder = resolve(requireWord(words, 'Name the folder of the node.'));
    const workersCa = await readCertificate(requireOption(options['workers-ca'], 'workers-ca'));
    const dial = (options.dial?.split(',') ?? []).map((text) => addressIn(text, 'dial'));
    if ((dial.length === 0) === (options.address === undefined)) {
      throw new UsageError('Either --address or --dial says how workers and node meet.');
    }
    const address = options.address ?? DIAL_IN;
    const listen = listenOf(options.address, options.listen);
    const sealing = options.from === undefined ? {} : { sealing: newSourceOf(options) };
    await initNode({
      folder,
      address,
      ...(listen === undefined ? {} : { listen }),
      dial,
      workersCa,
      ...sealing,
      now: instant(Date.now()),
    });
    terminal.out(printable(`the node is in ${folder}; its card is ${join(folder, CARD_FILE)}`));
    return 0;
  },
};

function listenOf(address: string | undefined, listen: string | undefined): Address | undefined {
  if (address === undefined) return undefined;
  const reached = addressIn(address, 'address');
  return listen === undefined
    ? { host: '0.0.0.0', port: reached.port }
    : addressIn(listen, 'listen');
}

export const signerWorkers: Command = {
  name: 'signer workers',
  usage: 'FOLDER',
  about: "make the certificate with which the platform's workers reach nodes",
  details: [
    'Writes ca.pem, client.pem and client-key.pem: the folder is the SIGNER_TLS of the platform, and ca.pem',
    'is what "countersign signer init" asks for. It lets nobody sign anything; nodes decide by themselves.',
  ],
  run: async (args, terminal) => {
    const { words } = readArguments(args, { words: 1 });
    const folder = resolve(requireWord(words, 'Name the folder.'));
    await initWorkers(folder, instant(Date.now()));
    terminal.out(printable(`ca.pem, client.pem and client-key.pem are in ${folder}`));
    return 0;
  },
};

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw invalidInput('file', `${path} cannot be read (${cause.code})`, 'Give another file.');
  });
}

const readCards = (paths: readonly string[]) =>
  Promise.all(paths.map(async (name) => ({ name, text: await readText(name) })));

function countOf(value: string, name: string): number {
  if (/^[1-9][0-9]{0,2}$/.test(value)) return Number(value);
  throw new UsageError(`The option --${name} takes whole numbers.`);
}

function printRecord(terminal: Terminal, record: RecordView): void {
  const { generation, threshold, members, retired, previous, hash } = record;
  const out = (line: string): void => terminal.out(printable(line));
  const after = previous === undefined ? '' : `, follows ${previous.hash}`;
  out(`record ${generation}: ${threshold} of ${members.length} sign${after}`);
  for (const { party, identity, address = 'reached as the workers are told' } of members) {
    out(`party ${party}  identity ${identity}  ${address}`);
  }
  if (threshold === members.length) out(UNWITNESSED);
  if (retired.length > 0) out(`has left: party ${retired.join(', ')}`);
  out(`hash ${hash}`);
}

const COMPARE = [
  'Everybody who makes it from the same cards gets the same file and the same hash: let each operator make it,',
  'or compare the hash over another way than the file came.',
];

/** More than a committee has members. */
const CARDS_MAX = 33;

export const signerCommitteeMake: Command = {
  name: 'signer committee make',
  usage: 'FILE --threshold N CARD CARD...',
  about: 'make the first record of a committee out of join cards',
  details: [
    ...COMPARE,
    '  --threshold      how many nodes sign together',
    '  CARD             the join card of each node; numbers go by their identities, in any order of cards',
  ],
  run: async (args, terminal) => {
    const call = readArguments(args, { words: CARDS_MAX, options: ['threshold'] });
    const [file, ...paths] = call.words;
    const path = requireWord([file ?? ''], 'Name the file of the record.');
    const threshold = countOf(requireOption(call.options.threshold, 'threshold'), 'threshold');
    const record = makeRecord(threshold, await readCards(paths));
    await writeNew(path, record.text);
    printRecord(terminal, record);
    return 0;
  },
};

export const signerCommitteeNext: Command = {
  name: 'signer committee next',
  usage: 'FILE --from RECORD [--threshold N] [--retire 1,3] [CARD...]',
  about: 'make the record that follows another one: new members, fewer, another threshold',
  details: [
    ...COMPARE,
    'Members that stay keep their numbers; new ones get numbers that nobody has had.',
    `  --from           the present record: committee.json in the folder of any of its nodes`,
    '  --threshold      how many nodes sign together; as before where absent',
    '  --retire         the numbers of those who leave; they still deal their shares to the others',
    '  CARD             the join card of each new node',
  ],
  run: async (args, terminal) => {
    const options = ['from', 'threshold', 'retire'] as const;
    const call = readArguments(args, { words: CARDS_MAX, options });
    const [file, ...paths] = call.words;
    const path = requireWord([file ?? ''], 'Name the file of the record.');
    const before = await readText(requireOption(call.options.from, 'from'));
    const { threshold, retire } = call.options;
    const record = followRecord(before, {
      cards: await readCards(paths),
      retire: retire?.split(',').map((one) => countOf(one, 'retire')) ?? [],
      ...(threshold === undefined ? {} : { threshold: countOf(threshold, 'threshold') }),
    });
    await writeNew(path, record.text);
    printRecord(terminal, record);
    return 0;
  },
};

export const signerCommitteeShow: Command = {
  name: 'signer committee show',
  usage: 'RECORD',
  about: 'who is in a record, and its hash',
  details: [`  RECORD           a file, e.g. the committee.json of a node's folder`],
  run: async (args, terminal) => {
    const { words } = readArguments(args, { words: 1 });
    const text = await readText(requireWord(words, 'Name the file of the record.'));
    printRecord(terminal, viewRecord(text));
    return 0;
  },
};

export const signerJoin: Command = {
  name: 'signer join',
  usage: 'RECORD --expect-hash HASH --node FOLDER [--behind]',
  about: 'pin a record on the node of this machine: its first one, or the one that follows',
  details: [
    'The node runs, and begins anew under the record when it has it on its disk. It works with nodes of the',
    'same record only. What it holds, counts and remembers stays; payments wait until its workers have',
    'brought it what the record before had counted.',
    '  --expect-hash    the whole hash, as the other operators have it',
    '  --behind         it missed a record that the other nodes have left already',
    NODE_OPTION,
  ],
  run: async (args, terminal) => {
    const known = { words: 1, options: ['expect-hash', 'node'], flags: ['behind'] } as const;
    const { words, options, flags } = readArguments(args, known);
    const record = await readText(requireWord(words, 'Name the file of the record.'));
    const expectedHash = requireOption(options['expect-hash'], 'expect-hash');
    const behind = flags.has('behind') ? { behind: true } : {};
    const request = { command: 'join', record, expectedHash, ...behind };
    return askOperator(options.node, request, terminal, ({ hash, party, retired, isNew }) => {
      const as = `${retired === true ? 'has left; it was' : 'is'} party ${Number(party)}`;
      const what = isNew === true ? 'pinned' : 'was pinned already';
      terminal.out(printable(`record ${String(hash)} ${what}: this node ${as}`));
    });
  },
};
