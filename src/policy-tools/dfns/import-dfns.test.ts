import { expect, test } from 'vitest';
import { type ImportOptions, importDfns } from './import-dfns.ts';
import { readDfnsPolicies, readDfnsUsers } from './read-dfns.ts';

const USERS = readDfnsUsers(
  JSON.stringify({
    items: [
      { userId: 'us-1', username: 'bob@acme.example' },
      { userId: 'us-2', username: 'carol@acme.example' },
    ],
  }),
);
const OPTIONS: ImportOptions = {
  users: USERS,
  effective: '2026-07-01T00:00 UTC',
  otherwise: 'allow',
};
const NO_SKIP = {
  skipUnscreenableTransaction: false,
  skipUnsupportedNetwork: false,
  skipUnsupportedAsset: false,
  skipChainalysisFailure: false,
};
const VENDOR = '0x52908400098527886E0F7030069857D2E4169EE7';

type Json = { readonly [field: string]: unknown };

const policy = (rule: Json, more: Json = {}): Json => ({
  id: 'plc-1',
  name: 'Payments',
  activityKind: 'Wallets:Sign',
  rule,
  action: { kind: 'Block' },
  ...more,
});

function imported(policies: readonly Json[], options = OPTIONS) {
  const result = importDfns(readDfnsPolicies(JSON.stringify({ items: policies })), options);
  const file = (path: string) => result.files.find((found) => found.path === path)?.content ?? '';
  const kinds = result.notes.filter((note) => note.policy !== undefined).map(({ kind }) => kind);
  return { ...result, text: file('imported.policy'), file, kinds };
}

/** The clauses of the rules in a file, without what every imported rule says. */
const clausesOf = (text: string): string[] =>
  text
    .slice(text.indexOf('\nrule '))
    .split('\n')
    .filter((line) => /^ +(?:applies|when|unless|then|if|and|or) ?/.test(line))
    .map((line) => line.trim().replace(/ +/g, ' '));

test.each([
  ['AlwaysTrigger', {}, ['when always']],
  [
    'TransactionAmountLimit',
    { limit: 10_000, currency: 'USD' },
    ['when value > 10,000 USD', 'when always'],
  ],
  [
    'TransactionAmountVelocity',
    { limit: '250000.5', currency: 'USD', timeframe: 1440 },
    ['when sum(value) over last 24h by wallet > 250,000.5 USD', 'when always'],
  ],
  [
    'TransactionCountVelocity',
    { limit: 5, timeframe: 60 },
    [
      'when count(transfer) over last 1h by wallet > 5',
      'when count(contract-call) over last 1h by wallet > 5',
      'when count(sign-message) over last 1h by wallet > 5',
    ],
  ],
  [
    'TransactionRecipientWhitelist',
    { addresses: [VENDOR.toLowerCase()] },
    ['when recipient not in payments-list', 'when always'],
  ],
  ['TransactionRecipientWhitelist', { addresses: [] }, ['when always']],
  [
    'GlobalLedgerTransactionPrescreening',
    { riskScoreThreshold: 70, fallbackBehaviours: NO_SKIP },
    ['when screening.risk-score >= 70', 'when always'],
  ],
  [
    'TravelRuleTransactionPrescreening',
    { vendor: 'Notabene', autoTriggerTimeoutSeconds: 60 },
    ['when screening.travel-rule is not "accepted"'],
  ],
])('%s with %j keeps its condition', (kind, configuration, conditions) => {
  const { text } = imported([policy({ kind, configuration })]);
  expect(clausesOf(text).filter((line) => line.startsWith('when'))).toEqual(conditions);
});

test('a screening keeps its categories, and a failure that was skipped leaves the rule out', () => {
  const configuration = {
    alerts: { alertLevel: 'HIGH', categoryIds: [3] },
    exposures: { direct: { categoryIds: [18, 24] } },
    addresses: { categoryIds: [7] },
    fallbackBehaviours: { ...NO_SKIP, skipUnscreenableTransaction: true },
  };
  const kind = 'ChainalysisTransactionPrescreening';
  const filters = { walletTags: { hasAny: ['hot'] } };
  const { text } = imported([policy({ kind, configuration }, { filters })]);
  expect(clausesOf(text).join(' ')).toContain(
    'when wallet tags has any of ["hot"] ' +
      'and ((screening.alert-level >= HIGH and screening.categories has any of ["3"]) ' +
      'or screening.direct-exposure has any of ["18", "24"] ' +
      'or screening.address-categories has any of ["7"]) ' +
      'unless screening.failure in ["unscreenable"] ' +
      'then block "Payments" if missing data then block "Payments"',
  );
});

test('incoming transactions are flagged', () => {
  const configuration = {
    alerts: { alertLevel: 'LOW', categoryIds: [] },
    exposures: { direct: { categoryIds: [] } },
    fallbackBehaviours: NO_SKIP,
  };
  const { text } = imported([
    policy(
      { kind: 'ChainalysisTransactionScreening', configuration },
      { activityKind: 'Wallets:IncomingTransaction', action: { kind: 'NoAction' } },
    ),
  ]);
  expect(clausesOf(text)).toEqual([
    'applies to incoming',
    'when screening.alert-level >= LOW',
    'then flag "Payments"',
    'if missing data then flag "Payments"',
  ]);
});

test.each([
  ['Permissions:Assign', ['applies to permission-change', 'when change.kind is "assign"'], []],
  ['Permissions:Modify', ['applies to permission-change', 'when not change.kind is "assign"'], []],
  ['Policies:Modify', ['applies to policy-change', 'when always'], []],
  ['Registry:Addresses:Modify', ['applies to policy-change', 'when always'], ['stricter']],
  ['Registry:ContractSchemas:Modify', ['applies to policy-change', 'when always'], ['stricter']],
])('%s becomes a rule about changes', (activityKind, clauses, kinds) => {
  const result = imported([policy({ kind: 'AlwaysTrigger' }, { activityKind })]);
  expect(clausesOf(result.text).slice(0, 2)).toEqual(clauses);
  expect(result.kinds).toEqual(kinds);
});

test('a filter by ids that only DFNS has makes the rule count for all, and says so', () => {
  const filters = { policyId: { in: ['plc-9'] } };
  const more = { activityKind: 'Policies:Modify', filters };
  const { kinds, text } = imported([policy({ kind: 'AlwaysTrigger' }, more)]);
  expect(kinds).toEqual(['stricter']);
  expect(text).toContain('# stricter: It was limited to plc-9');
});

const approval = (groups: readonly Json[], autoRejectTimeout?: number) =>
  policy(
    { kind: 'AlwaysTrigger' },
    { action: { kind: 'RequestApproval', approvalGroups: groups, autoRejectTimeout } },
  );
const group = (users: readonly string[], more: Json = {}): Json => ({
  name: 'Managers',
  quorum: 1,
  approvers: { userId: { in: users } },
  ...more,
});

test('groups of approvers become groups of people, the same people one group', () => {
  const { text, file } = imported([
    approval([group(['us-1', 'us-2'], { quorum: 2 }), group(['us-2'], { name: 'yes' })], 4320),
    approval([group(['us-2', 'us-1'], { name: 'Other name' })]),
  ]);
  expect(clausesOf(text).filter((line) => line.startsWith('then'))).toEqual([
    'then require approval by 2 of managers and by 1 of yes-group, not by initiator,',
    'then require approval by 1 of managers, not by initiator',
  ]);
  expect(text).toContain('expires after 3d');
  expect(file('groups.yaml')).toContain('managers: [bob@acme.example, carol@acme.example]\n');
});

test.each([
  [
    'the initiator may approve',
    [group(['us-1'], { initiatorCanApprove: true })],
    /also by initiator/,
    [],
  ],
  [
    'the initiator may approve in one of two groups',
    [group(['us-1'], { initiatorCanApprove: true }), group(['us-2'], { name: 'b' })],
    /not by initiator/,
    ['stricter'],
  ],
  ['a user is unknown', [group(['us-7'])], /by 1 of managers/, ['differs']],
  ['everybody may approve', [{ quorum: 1, approvers: {} }], /by 1 of payments-1/, ['stricter']],
  [
    'service accounts may approve',
    [group(['us-1'], { serviceAccountsCanApprove: true })],
    /by 1 of managers/,
    ['stricter'],
  ],
])('where %s, the rule and a note say so', (_, groups, pattern, kinds) => {
  const result = imported([approval(groups)]);
  expect(result.text).toMatch(pattern);
  expect(result.kinds).toEqual(kinds);
});

test('a rule that nobody could approve blocks', () => {
  const { text, kinds } = imported([approval([{ quorum: 1, approvers: {} }])], {
    ...OPTIONS,
    users: new Map(),
  });
  expect(text).toContain('then    block "Payments"');
  expect(kinds).toEqual(['stricter', 'stricter']);
});

test.each([
  ['archived', policy({ kind: 'AlwaysTrigger' }, { status: 'Archived' })],
  ['of an unknown activity', policy({ kind: 'AlwaysTrigger' }, { activityKind: 'Wallets:Fly' })],
  ['of an unknown rule', policy({ kind: 'MoonPhase' })],
])('a policy that is %s is left out with a note', (_, left) => {
  const { text, notes, imported: count } = imported([left]);
  expect(count).toBe(0);
  expect(notes).toContainEqual(expect.objectContaining({ kind: 'left out', policy: 'Payments' }));
  expect(text).toContain('# left out: ');
  expect(text).not.toContain('\nrule ');
});

test('an address of an unknown network is told, and the others stay', () => {
  const bitcoin = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4';
  const configuration = { addresses: [bitcoin, 'bc1qexample', VENDOR] };
  const result = imported([policy({ kind: 'TransactionRecipientWhitelist', configuration })]);
  expect(result.kinds).toContain('stricter');
  expect(result.file('lists/payments-list.csv')).toBe(
    `label,network,address\n,ethereum,${VENDOR}\n`,
  );
});

test('"otherwise allow" comes with a warning, and can be refused', () => {
  const { notes, text } = imported([]);
  expect(notes).toEqual([expect.objectContaining({ kind: 'differs' })]);
  expect(text).toContain('otherwise allow');
  expect(imported([], { ...OPTIONS, otherwise: 'block' }).text).toContain('otherwise block');
});

test('names cannot break out of their text or comment, and stay apart', () => {
  const name = 'Bad"\n} rule evil { when always then allow }\u202e #';
  const { text } = imported([
    policy({ kind: 'AlwaysTrigger' }, { name }),
    policy({ kind: 'AlwaysTrigger' }, { name }),
  ]);
  expect(text.match(/^rule /gm)).toHaveLength(2);
  expect(text).not.toContain('\u202e');
});

test('many policies are spread over several files', () => {
  const many = Array.from({ length: 400 }, () => policy({ kind: 'AlwaysTrigger' }));
  const { files } = imported(many);
  expect(files.length).toBeGreaterThan(1);
  expect(Math.max(...files.map(({ content }) => content.length))).toBeLessThan(64 * 1024);
});

test.each([
  ['no JSON', '{', /not JSON/],
  [
    'a rule without a kind',
    JSON.stringify([{ name: 'a', activityKind: 'x' }]),
    /policies\[0\]\.rule\.kind/,
  ],
  [
    'an unknown filter',
    JSON.stringify([policy({ kind: 'AlwaysTrigger' }, { filters: { colour: 'red' } })]),
    /filters\.colour/,
  ],
  [
    'an unknown action',
    JSON.stringify([policy({ kind: 'AlwaysTrigger' }, { action: { kind: 'Dance' } })]),
    /not an action: Dance/,
  ],
])('%s is refused with its place', (_, text, message) => {
  expect(() => readDfnsPolicies(text)).toThrow(message);
});

test('a limit with an exponent is refused rather than guessed', () => {
  const configuration = { limit: 1e21, currency: 'USD' };
  expect(() => imported([policy({ kind: 'TransactionAmountLimit', configuration })])).toThrow(
    /limit: not a decimal number/,
  );
});

test.each([
  ['a currency', { limit: 1, currency: 'USD and not always' }, 'TransactionAmountLimit'],
  ['a currency that is a sign', { limit: 1, currency: '€' }, 'TransactionAmountLimit'],
  [
    'a level',
    { alerts: { alertLevel: 'HIGH and not always' } },
    'ChainalysisTransactionPrescreening',
  ],
])('%s cannot bring a condition of its own into a rule', (_, configuration, kind) => {
  expect(() => imported([policy({ kind, configuration })])).toThrow(
    expect.objectContaining({ code: 'INVALID_INPUT' }),
  );
});
