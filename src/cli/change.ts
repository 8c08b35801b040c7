/** `countersign change`: changes of authority, and whether the nodes have them in writing. */
import type { ChangeRequest, ChangeState } from '#sdk/types.ts';
import { type Command, readArguments, requireWord, UsageError } from './command.ts';
import { printable } from './terminal.ts';
import { nodeKeysDetails, VOUCHED_OPTIONS, vouchedFor } from './vouched-for.ts';

const PAGE = 50;
const DETAILS = nodeKeysDetails([
  'A change is called EFFECTIVE only where their receipts show it;',
  'without keys it is called APPLIED.',
]);
const STATES: readonly ChangeState[] = [
  'PENDING_APPROVAL',
  'APPLIED',
  'EFFECTIVE',
  'REJECTED',
  'EXPIRED',
  'WITHDRAWN',
];

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
    ...DETAILS,
  ],
  run: async (args, terminal, env) => {
    const known = {
      words: 0,
      options: ['state', 'subject', ...VOUCHED_OPTIONS],
      flags: ['json'],
    } as const;
    const { options, flags } = readArguments(args, known);
    const state = parseState(options.state);
    const { subject } = options;
    const query = { ...(state ? { state } : {}), ...(subject ? { subject } : {}) };
    const { items } = await vouchedFor(options, env, (client) =>
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
  details: ['  --json          print one JSON object instead', ...DETAILS],
  run: async (args, terminal, env) => {
    const known = { words: 1, options: VOUCHED_OPTIONS, flags: ['json'] } as const;
    const { words, options, flags } = readArguments(args, known);
    const id = requireWord(words, 'Name a change (chr_...).');
    const change = await vouchedFor(options, env, (client) => client.changeRequest(id));
    if (flags.has('json')) terminal.out(JSON.stringify(change));
    else for (const line of describe(change)) terminal.out(printable(line));
    return 0;
  },
};

/** How many of whom must still approve, and who may. */
function waitingFor({ state, approval }: ChangeRequest): string | null {
  if (state !== 'PENDING_APPROVAL' || approval === null) return null;
  const { requirement, eligible } = approval;
  const quorums = requirement.quorums.map(({ group, count }) => `${count} of ${group}`);
  const others = requirement.excludeInitiator ? ', beside who requested it' : '';
  const names = eligible.map(({ name }) => name).join(', ') || 'nobody who could';
  return `approval by ${quorums.join(' and ')}${others}: ${names}`;
}

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
    ['waits for', waitingFor(change)],
    ['in the log at', sequence === null ? null : `${sequence}`],
    ['statement', statement],
  ];
  return rows.flatMap(([name, value]) => (value === null ? [] : [`${name.padEnd(14)}${value}`]));
}
