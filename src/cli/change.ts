/** `countersign change`: changes of authority, and whether the nodes have them in writing. */
import { hex } from '#core/bytes.ts';
import type { CountersignClient } from '#sdk/client.ts';
import type { PinnedNodes } from '#sdk/node-keys.ts';
import type { ChangeRequest, ChangeState } from '#sdk/types.ts';
import {
  type Command,
  type Environment,
  readArguments,
  requireWord,
  UsageError,
} from './command.ts';
import { readNodeKeys } from './node-keys.ts';
import { SIGN_IN_DETAILS, SIGN_IN_OPTIONS, signedIn } from './signed-in.ts';
import { printable } from './terminal.ts';

const PAGE = 50;
const OPTIONS = ['node-keys', ...SIGN_IN_OPTIONS] as const;
const NODE_KEYS_DETAILS = [
  '  --node-keys     a file with the public keys of the nodes, such as a node.json;',
  '                  COUNTERSIGN_NODE_KEYS where absent. A change is called EFFECTIVE only where their',
  '                  receipts show it; without keys it is called APPLIED.',
  ...SIGN_IN_DETAILS,
];
const STATES: readonly ChangeState[] = [
  'PENDING_APPROVAL',
  'APPLIED',
  'EFFECTIVE',
  'REJECTED',
  'EXPIRED',
  'WITHDRAWN',
];

type Options = Readonly<Partial<Record<(typeof OPTIONS)[number], string>>>;

/** @throws INVALID_INPUT for a file of anything else */
async function pinnedNodes(options: Options, env: Environment): Promise<PinnedNodes | undefined> {
  const path = options['node-keys'] ?? env['COUNTERSIGN_NODE_KEYS'];
  if (path === undefined || path === '') return undefined;
  const { threshold, keys } = (await readNodeKeys(path)).nodes;
  return { threshold, identities: [...keys.values()].map(hex) };
}

async function asked<Answer>(
  options: Options,
  env: Environment,
  use: (client: CountersignClient) => Promise<Answer>,
): Promise<Answer> {
  const nodeKeys = await pinnedNodes(options, env);
  return signedIn(options, env, use, nodeKeys === undefined ? {} : { nodeKeys });
}

function parseState(text: string | undefined): ChangeState | undefined {
  if (text === undefined) return undefined;
  const state = STATES.find((known) => known === text.toUpperCase());
  if (state !== undefined) return state;
  throw new UsageError(`There is no state ${text}. Use one of ${STATES.join(', ')}.`);
}

const lineOf = ({ id, state, operation, subject, createdAt }: ChangeRequest): string =>
  [id, state.padEnd(16), createdAt, operation.padEnd(20), subject].join('  ');

export const changeList: Command = {
  name: 'change list',
  usage: '[--state STATE] [--subject ID] [--node-keys FILE] [--json]',
  about: 'list changes of authority, newest first',
  details: [
    `  --state         ${STATES.join(', ')}`,
    '  --subject       only changes of this object',
    '  --json          print one JSON array instead',
    ...NODE_KEYS_DETAILS,
  ],
  run: async (args, terminal, env) => {
    const known = { words: 0, options: ['state', 'subject', ...OPTIONS], flags: ['json'] } as const;
    const { options, flags } = readArguments(args, known);
    const state = parseState(options.state);
    const { subject } = options;
    const query = { ...(state ? { state } : {}), ...(subject ? { subject } : {}) };
    const { items } = await asked(options, env, (client) =>
      client.changes({ ...query, first: PAGE }),
    );
    if (flags.has('json')) terminal.out(JSON.stringify(items));
    else for (const change of items) terminal.out(printable(lineOf(change)));
    if (items.length === 0 && !flags.has('json')) terminal.out('There is no such change.');
    return 0;
  },
};

export const changeShow: Command = {
  name: 'change show',
  usage: 'CHANGE [--node-keys FILE] [--json]',
  about: 'show a change of authority, and check the receipts of the nodes',
  details: ['  --json          print one JSON object instead', ...NODE_KEYS_DETAILS],
  run: async (args, terminal, env) => {
    const known = { words: 1, options: OPTIONS, flags: ['json'] } as const;
    const { words, options, flags } = readArguments(args, known);
    const id = requireWord(words, 'Name a change (chr_...).');
    const change = await asked(options, env, (client) => client.changeRequest(id));
    if (flags.has('json')) terminal.out(JSON.stringify(change));
    else for (const line of describe(change)) terminal.out(printable(line));
    return 0;
  },
};

function describe(change: ChangeRequest): readonly string[] {
  const { id, state, operation, subject, requestedBy, reason, sequence, statement } = change;
  const rows: readonly (readonly [string, string | null])[] = [
    ['change', id],
    ['state', state],
    ['reason', reason && `${reason.code}: ${reason.message}`],
    ['operation', operation],
    ['subject', subject],
    ['requested by', `${requestedBy.name} (${requestedBy.id})`],
    ['requested at', change.createdAt],
    ['in the log at', sequence === null ? null : `${sequence}`],
    ['statement', statement],
  ];
  return rows.flatMap(([name, value]) => (value === null ? [] : [`${name.padEnd(14)}${value}`]));
}
