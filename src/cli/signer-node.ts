/** `countersign signer status|xpub|approve|readmit|accept|stand|backup`: what an operator asks of the node of this machine. */
import { resolve } from 'node:path';
import { type OperatorAnswer, askNode } from '#signer-cluster/operator/ask-node.ts';
import { type Command, type ExitCode, UsageError, readArguments, requireWord } from './command.ts';
import { type Terminal, printable, styled } from './terminal.ts';

export const NODE_OPTION = "  --node           the node's folder, where its node.json lies";

function requireOption(value: string | undefined, name: string): string {
  if (value === undefined) throw new UsageError(`The option --${name} is missing.`);
  return value;
}

function requireCount(value: string | undefined, name: string): number {
  const text = requireOption(value, name);
  if (/^[1-9][0-9]{0,4}$/.test(text)) return Number(text);
  throw new UsageError(`The option --${name} takes a whole number.`);
}

const minutesOf = (value: string | undefined) =>
  value === undefined ? {} : { minutes: requireCount(value, 'minutes') };

/** Prints a refusal with exit code 1, or what `print` makes of the answer. */
export async function askOperator(
  folder: string | undefined,
  request: object,
  terminal: Terminal,
  print: (answer: Extract<OperatorAnswer, { ok: true }>) => void,
): Promise<ExitCode> {
  const answer = await askNode(resolve(requireOption(folder, 'node')), request);
  if (answer.ok) {
    print(answer);
    return 0;
  }
  terminal.err(printable(`${answer.code}: ${answer.message}`));
  return 1;
}

type KeyLine = {
  readonly keyId: string;
  readonly scheme: string;
  readonly epoch: number;
  readonly state: string;
  readonly provenance: string;
  readonly holders: readonly number[];
  readonly threshold: number;
};

type Status = {
  readonly party: number;
  readonly members: number;
  readonly threshold: number;
  readonly committee: string;
  readonly waiting?: boolean;
  readonly record: {
    readonly retired: readonly number[];
    readonly isRetired: boolean;
    readonly isHandedOver: boolean;
  };
  readonly keys: readonly KeyLine[];
  readonly organizations: readonly {
    readonly organization: string;
    readonly genesis: string;
    readonly head: { readonly sequence: number } | null;
    readonly frozen: boolean;
  }[];
  readonly start: {
    readonly name: string;
    readonly isStanding: boolean;
    readonly missing: readonly number[];
    readonly doubled: readonly number[];
    readonly owed: readonly { readonly organization: string; readonly reason: string }[];
  };
  readonly setBacks: readonly {
    readonly party: number;
    readonly committee: string;
    readonly lost: { readonly count: number; readonly head: string };
    readonly missing: readonly string[];
  }[];
  readonly distrusted: readonly {
    readonly kind: string;
    readonly check: string;
    readonly organization: string;
    readonly readmitNode?: object;
  }[];
  readonly approvals: readonly { readonly operation: string; readonly expires: string }[];
};

function printStatus(terminal: Terminal, status: Status): void {
  const { party, members, threshold, keys, organizations, distrusted, approvals } = status;
  const out = (line: string): void => terminal.out(printable(line));
  if (status.waiting === true) {
    out('waits for the record of its committee ("countersign signer join")');
    return;
  }
  terminal.out(styled(terminal, 'bold', `party ${party} of ${members}, ${threshold} sign`));
  const { record } = status;
  out(`record ${status.committee}`);
  if (record.isRetired)
    out('has left the committee: it deals its shares to others, and signs nothing');
  else if (!record.isHandedOver) out('has not heard yet what the record before this one counted');
  const { name, isStanding, missing, doubled, owed } = status.start;
  if (!isStanding) out(`has started anew, and waits for the word of party ${missing.join(', ')}`);
  for (const { organization, reason } of owed) out(`${organization}: ${reason}`);
  for (const twice of doubled) {
    out(`two copies of party ${twice} live: end one of them, and accept the other`);
  }
  out(`start ${name}`);
  for (const { keyId, scheme, epoch, state, provenance, holders, threshold: t } of keys) {
    const held = `${t} of parties ${holders.join(', ')}`;
    out(`${keyId}  ${scheme}  ${state.toLowerCase()}, ${provenance}, epoch ${epoch}, ${held}`);
    const left = holders.filter((holder) => record.retired.includes(holder));
    if (left.length > 0) {
      out(`  party ${left.join(', ')} of its holders has left the committee: reshare it`);
    }
  }
  if (keys.length === 0) out('no keys');
  for (const { organization, genesis, head, frozen } of organizations) {
    const log = head === null ? 'no log yet' : `log up to ${head.sequence}`;
    out(`${organization}  genesis ${genesis}, ${log}${frozen ? ', FROZEN' : ''}`);
  }
  for (const { party: back, committee, lost, missing: orgs } of status.setBacks) {
    if (orgs.length === 0) continue;
    out(
      `party ${back} was set back: it works for no key of ${orgs.join(', ')}, before two people of`,
    );
    out('  each sign restoreNode, with what is lost at every node that accepted it:');
    out(`  ${JSON.stringify({ committee, party: back, lost: [lost] })}`);
  }
  for (const { kind, check, organization, readmitNode } of distrusted) {
    out(`${kind}: ${check}`);
    if (readmitNode === undefined) continue;
    out(
      `  it ends when two people of ${organization} have signed readmitNode, with all such bans together:`,
    );
    out(`  ${JSON.stringify(readmitNode)}`);
  }
  for (const { operation, expires } of approvals) out(`approved: ${operation} until ${expires}`);
}

export const signerStatus: Command = {
  name: 'signer status',
  usage: '--node FOLDER [--json]',
  about: 'what a signer node holds, whom it bans, what is approved',
  details: ['Asks the node that runs in this folder. Nothing secret is shown.', NODE_OPTION],
  run: async (args, terminal) => {
    const { options, flags } = readArguments(args, {
      words: 0,
      options: ['node'],
      flags: ['json'],
    });
    return askOperator(options.node, { command: 'status' }, terminal, (answer) => {
      if (flags.has('json')) terminal.out(JSON.stringify(answer));
      else printStatus(terminal, answer as unknown as Status);
    });
  },
};

export const signerXpub: Command = {
  name: 'signer xpub',
  usage: 'KEY [PATH] --node FOLDER',
  about: "print a key's extended public key, below which its wallets lie",
  details: [
    'BIP-32, for keys on secp256k1. Whoever has it sees every address of the key, so show it to who may.',
    '  PATH             from the key, e.g. m/44/60/0/0; the key itself where absent',
    NODE_OPTION,
  ],
  run: async (args, terminal) => {
    const { words, options } = readArguments(args, { words: 2, options: ['node'] });
    const key = requireWord(words, 'Name the key, as "countersign signer status" lists it.');
    const [, path] = words;
    const request = { command: 'xpub', key, ...(path === undefined ? {} : { path }) };
    return askOperator(options.node, request, terminal, (answer) =>
      terminal.out(printable(String(answer['xpub']))),
    );
  },
};

const APPROVABLE = ['export', 'import', 'reshare'] as const;
type Approvable = (typeof APPROVABLE)[number];

const isApprovable = (word: string): word is Approvable =>
  APPROVABLE.some((operation) => operation === word);

const APPROVAL_OPTIONS = [
  'node',
  'key',
  'recipient',
  'organization',
  'scheme',
  'public-key',
  'receivers',
  'threshold',
  'minutes',
] as const;

type ApprovalOptions = Readonly<Partial<Record<(typeof APPROVAL_OPTIONS)[number], string>>>;

function operationOf(operation: Approvable, options: ApprovalOptions): object {
  const key = requireOption(options.key, 'key');
  if (operation === 'export') {
    return { operation, key, recipient: requireOption(options.recipient, 'recipient') };
  }
  if (operation === 'import') {
    return {
      operation,
      key,
      organization: requireOption(options.organization, 'organization'),
      scheme: requireOption(options.scheme, 'scheme'),
      publicKey: requireOption(options['public-key'], 'public-key'),
    };
  }
  const receivers = requireOption(options.receivers, 'receivers').split(',').map(Number);
  return { operation, key, receivers, threshold: requireCount(options.threshold, 'threshold') };
}

const printApproval = (terminal: Terminal) => (answer: Extract<OperatorAnswer, { ok: true }>) =>
  terminal.out(printable(`approved once, until ${String(answer['expires'])}`));

export const signerApprove: Command = {
  name: 'signer approve',
  usage: 'export|import|reshare --node FOLDER --key KEY ...',
  about: 'allow one operation on a key at this node',
  details: [
    'A node exports, imports or reshares a key only after its operator has said so here. The word',
    'names exactly one operation, holds once, and expires.',
    '  export           --recipient HEX',
    '  import           --organization ORG --scheme SCHEME --public-key HEX',
    '  reshare          --receivers 1,2,4 --threshold N',
    '  --minutes        how long it holds, at most a day; 60 where absent',
    NODE_OPTION,
  ],
  run: async (args, terminal) => {
    const { words, options } = readArguments(args, { words: 1, options: APPROVAL_OPTIONS });
    const word = requireWord(words, 'Say what to approve: export, import or reshare.');
    if (!isApprovable(word)) throw new UsageError(`"${word}" cannot be approved.`);
    const request = {
      command: 'approve',
      ...operationOf(word, options),
      ...minutesOf(options.minutes),
    };
    return askOperator(options.node, request, terminal, printApproval(terminal));
  },
};

export const signerReadmit: Command = {
  name: 'signer readmit',
  usage: '--node FOLDER --organization ORG --party N [--minutes N]',
  about: 'let a banned party back in at the next refresh',
  details: [
    'A ban is lifted by new secrets between the two nodes: refresh a key of the organisation that all',
    'nodes hold, and the party is in again. Find out first why it was banned. Two people of the organisation',
    'sign that as well (readmitNode), with what "countersign signer status" shows at each node that banned it;',
    'after an invalid signature of nobody in particular an administrator unlocks the key (unlockKey).',
    NODE_OPTION,
  ],
  run: async (args, terminal) => {
    const names = ['node', 'organization', 'party', 'minutes'] as const;
    const { options } = readArguments(args, { words: 0, options: names });
    const request = {
      command: 'approve',
      operation: 'readmit',
      organization: requireOption(options.organization, 'organization'),
      party: requireCount(options.party, 'party'),
      ...minutesOf(options.minutes),
    };
    return askOperator(options.node, request, terminal, printApproval(terminal));
  },
};

export const signerAccept: Command = {
  name: 'signer accept',
  usage: '--node FOLDER --party N [--minutes N]',
  about: 'go on with a party whose journal was set back, as after a restore',
  details: [
    'Nodes remember how far the journals of the others had come, and refuse one that went back: it has',
    'forgotten what it signed. Its peers go on with it after their operators have said so, each at its',
    'own node. Be sure that the old node does not run beside the new one: where two copies of a node were seen, end',
    'one of them, and accept the other in the same way. Then two people of each organisation',
    'sign that they let it back (restoreNode), with what "countersign signer status" shows; the keys of one that',
    'has not are refused to the node.',
    NODE_OPTION,
  ],
  run: async (args, terminal) => {
    const { options } = readArguments(args, { words: 0, options: ['node', 'party', 'minutes'] });
    const party = requireCount(options.party, 'party');
    const asked = { command: 'approve', operation: 'accept', party };
    const request = { ...asked, ...minutesOf(options.minutes) };
    return askOperator(options.node, request, terminal, printApproval(terminal));
  },
};

export const signerStand: Command = {
  name: 'signer stand',
  usage: '--node FOLDER --without N',
  about: 'let a node that has started go on without the word of another one',
  details: [
    'After a start a node gives no word and no share before every other one has said where it last heard its',
    'journal to be. One that is gone for good says nothing, and one that lies may say that it had changes or',
    'checkpoints which nobody can show: this lets the node of this machine go on without that one at once, in',
    'this start and in no other. Also a party that has left counts, where a handover waits for it. What it costs: if the disk of this node is an older one, and only',
    'the party that is left out had heard of what is missing, then this node has forgotten what it gave its',
    'word for, a limit can be spent a second time, and it can call off a payment of which a share has left it.',
    'Say it only where this disk is the one that the node had when it ended. Never for a node that was restored.',
    '  --without        the party that is left out, as "countersign signer status" names it',
    NODE_OPTION,
  ],
  run: async (args, terminal) => {
    const { options } = readArguments(args, { words: 0, options: ['node', 'without'] });
    const party = requireCount(options.without, 'without');
    let start = '';
    const status = await askOperator(options.node, { command: 'status' }, terminal, (answer) => {
      start = (answer as unknown as Partial<Status>).start?.name ?? '';
    });
    if (status !== 0) return status;
    const request = { command: 'approve', operation: 'stand', party, start };
    return askOperator(options.node, request, terminal, () =>
      terminal.out(`goes on without party ${party}, in its start ${printable(start)}`),
    );
  },
};

export const signerBackup: Command = {
  name: 'signer backup',
  usage: 'FILE --node FOLDER --recipient HEX',
  about: 'write a backup of a node, encrypted to a recipient',
  details: [
    "The backup holds the whole node, its sealing key too: who has the recipient's secret has the node.",
    'Make a recipient with "countersign signer recipient", and keep its secret away from the nodes.',
    '  --recipient      its public key, 32 bytes in hex',
    NODE_OPTION,
  ],
  run: async (args, terminal) => {
    const { words, options } = readArguments(args, { words: 1, options: ['node', 'recipient'] });
    const path = resolve(requireWord(words, 'Name the file of the backup.'));
    const recipient = requireOption(options.recipient, 'recipient');
    const request = { command: 'backup', path, recipient };
    return askOperator(options.node, request, terminal, (answer) =>
      terminal.out(printable(`${String(answer['files'])} files in ${path}`)),
    );
  },
};
