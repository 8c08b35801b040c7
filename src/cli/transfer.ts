/** `countersign transfer`: what a service account does about a payment that is on its way. */
import { randomUUID } from 'node:crypto';
import type { Transfer } from '#sdk/types.ts';
import { type Command, readArguments, requireWord } from './command.ts';
import { SIGN_IN_DETAILS, SIGN_IN_OPTIONS, signedIn } from './signed-in.ts';
import { printable } from './terminal.ts';

export const transferSpeedUp: Command = {
  name: 'transfer speed-up',
  usage: 'TRANSFER [--max-fee UNITS] [--external-id ID] [--json]',
  about: 'have a payment that no block takes signed again with a higher fee',
  details: [
    'The same payment with the same sequence number: one of them is executed. The fee stays within',
    'the cap of the signed request, and is raised five times at most.',
    '  --max-fee      the most to pay in fees now, in base units of the native asset',
    '  --external-id  your own id of this request: sent again, it raises the fee once',
    '  --json         print the transfer as one JSON object instead',
    ...SIGN_IN_DETAILS,
  ],
  run: async (args, terminal, env) => {
    const { words, options, flags } = readArguments(args, {
      words: 1,
      options: ['max-fee', 'external-id', ...SIGN_IN_OPTIONS],
      flags: ['json'],
    } as const);
    const transferId = requireWord(words, 'Name a transfer (trf_...).');
    const { 'max-fee': maxFee, 'external-id': externalId = randomUUID() } = options;
    const input = { transferId, externalId, ...(maxFee === undefined ? {} : { maxFee }) };
    const transfer = await signedIn(options, env, (client) => client.speedUpTransfer(input));
    if (flags.has('json')) terminal.out(JSON.stringify(transfer));
    else for (const line of describe(transfer)) terminal.out(printable(line));
    return 0;
  },
};

const describe = ({ id, state, transaction }: Transfer): readonly string[] => [
  `${id} is ${state}`,
  ...(transaction?.versions ?? []).map(({ state, maxFee, hash }) =>
    [`  ${state.padEnd(8)}`, `fee at most ${maxFee}`, hash ?? 'not signed yet'].join('  '),
  ),
];
