import { expect, test } from 'vitest';
import {
  HEADER,
  STRANGER,
  SUPPORT,
  VENDOR,
  WORLD,
  compile,
  policyFile,
} from '#testing/policy-fixtures.ts';
import { compileBundle } from './compile-bundle.ts';
import { DIAGNOSTIC_CODES, type DiagnosticCode, placeOf } from './diagnostics.ts';

const rule = (text: string) => `${HEADER}rule r { ${text} because "x" }`;
const when = (condition: string) => rule(`when ${condition} then allow`);

/** For each code the texts that bring it, with the word of the sentence that tells them apart. */
const CASES: Readonly<Record<DiagnosticCode, readonly (readonly [string, RegExp])[]>> = {
  POLICY_TOO_LARGE: [[`# ${'x'.repeat(65_536)}`, /64 kB/]],
  POLICY_TOO_DEEP: [[when(`${'('.repeat(70)}always${')'.repeat(70)}`), /64 deep/]],
  POLICY_OVERFLOW: [
    [when(`value > ${'9'.repeat(90)} USD`), /2\^256/],
    [rule('when always then require approval by 65 of managers'), /from 1 to 64/],
    [HEADER.replace('version 1', 'version 2147483648'), /from 1 to 2147483647/],
    [
      rule(`when always then require approval ${Array(17).fill('by 1 of managers').join(' and ')}`),
      /16 groups at most/,
    ],
  ],
  BAD_CHARACTER: [[when('value > 1% USD'), /"%"/]],
  BIDI_CONTROL: [[`${HEADER}# \u2066`, /U\+2066/]],
  CONFUSABLE: [
    [when('v\u0430lue > 1 USD'), /looks like the letter "a"/],
    [when('wallet tagged "p\u0430yments"'), /two scripts/],
  ],
  BAD_NUMBER: [
    [when('value > -1 USD'), /no sign/],
    [when('value > +1 USD'), /no sign/],
    [when('value > 1e6 USD'), /exponent/],
    [when('value > 1_000 USD'), /"_"/],
    [when('value > 1,00 USD'), /exactly three/],
    [when('value > \uff11\uff10 USD'), /another script/],
    [rule('when always then require approval by 0 of managers'), /from 1/],
    [HEADER.replace('version 1', 'version 0'), /from 1/],
    [
      `${HEADER}test "t" { given transfer { } given price ETH@ethereum = 0 USD expect allow }`,
      /above zero/,
    ],
  ],
  BAD_DURATION: [
    [when('sum(value) over last 0h by wallet > 1 USD'), /not a duration/],
    [rule('when always then require approval by 1 of managers, expires after 99999d'), /ten years/],
  ],
  BAD_TIME: [
    [HEADER.replace('UTC', 'Europe/Atlantis'), /no time zone/],
    [HEADER.replace('2026-07-01T00:00 UTC', '2026-03-29T02:30 Europe/Paris'), /skipped/],
    [HEADER.replace('UTC', 'UTC until 2026-07-01T00:00 UTC'), /before it begins/],
    [HEADER.replace('version 1', 'version 1 zone Europe/Atlantis'), /no time zone/],
  ],
  SYNTAX: [[when('value >'), /must stand/]],
  MIXED_LOGIC: [[when('always and always or always'), /"and" and "or"/]],
  MISSING_PART: [
    ['', /no header/],
    [HEADER.replace('version 1', ''), /no "version"/],
    [HEADER.replace('governs transfer', ''), /no "governs"/],
    [HEADER.replace('otherwise block', ''), /no "otherwise"/],
    [HEADER.replace(/effective.*/, ''), /no "effective"/],
    [rule('when always'), /no "then"/],
    [rule('then allow'), /no "when"/],
    [when('value'), /without a comparison/],
    [when('recipient in []'), /empty/],
    [`${HEADER}test "t" { expect allow }`, /gives no request/],
    [`${HEADER}test "t" { given transfer { } }`, /expects nothing/],
  ],
  DUPLICATE: [
    [`${HEADER}${HEADER}`, /second header/],
    [HEADER.replace('version 1', 'version 1 version 2'), /"version" twice/],
    [HEADER.replace('governs transfer', 'governs transfer, transfer'), /said twice/],
    [`${HEADER}import list banned from "lists/banned.csv"`, /imported twice/],
    [`${rule('when always then block')} rule r { when always then block }`, /two rules r/],
    [
      rule('when always then require approval by 1 of managers and by 1 of managers'),
      /managers is asked twice/,
    ],
    [`${HEADER}rule otherwise { when always then block }`, /called "otherwise"/],
    [rule('when always when always then block'), /"when" twice/],
    [
      rule(
        'when always then require approval by 1 of managers, not by initiator, not by initiator',
      ),
      /said twice/,
    ],
    [
      `${HEADER}test "t" { given transfer { wallet = "a"; wallet = "b"; } expect allow }`,
      /"wallet" twice/,
    ],
    [`${HEADER}test "t" { given transfer { } given transfer { } expect allow }`, /a request twice/],
    [
      `${HEADER}test "t" { given transfer { } given price ETH@ethereum = 1 USD given price ETH@ethereum = 2 USD expect allow }`,
      /price twice/,
    ],
    [
      `${HEADER}test "t" { given transfer { } given list banned = [] given list banned = [] expect allow }`,
      /list banned twice/,
    ],
  ],
  UNKNOWN_NAME: [
    [when('vlaue > 1 USD'), /no field "vlaue"/],
    [when('recipient in aproved-vendors'), /no list "aproved-vendors"/],
    [rule('when always then require approval by 1 of manager'), /no group "manager"/],
    [when('asset is USDT@ethereum'), /no asset "USDT@ethereum"/],
    [when('value > 1 USDD'), /no currency "USDD"/],
    [when('asset is ETH@ethereum and amount > 1 ETHX'), /no asset with the symbol "ETHX"/],
    [HEADER.replace('governs transfer', 'governs transfers'), /no activity "transfers"/],
    [`${HEADER}test "t" { given transfer { vallet = "a"; } expect allow }`, /no field "vallet"/],
    [`${HEADER}test "t" { given transfer { } expect matched x }`, /no rule "x"/],
    [`${HEADER}test "t" { given transfer { } expect block by x }`, /no rule "x"/],
    [`${HEADER}test "t" { given transfer { } given list x = [] expect allow }`, /no list "x"/],
    [`${HEADER}test "t" { given transfer { } given group x = [] expect allow }`, /no group "x"/],
    [
      `${HEADER}test "t" { given transfer { } given history sum(value) over last 1h by wallet = 1 USD expect allow }`,
      /No rule compares/,
    ],
    [`${HEADER}prove "p" { for all transfer where vlaue > 1 USD never allow }`, /no field "vlaue"/],
  ],
  TYPE_MISMATCH: [
    [when('value > 10,000'), /needs a currency/],
    [when('value > 10,000 USDC'), /is an asset/],
    [when('amount > 10 ETH'), /Nothing in this condition says that the asset is ETH/],
    [when('asset is ETH@ethereum or amount > 10 ETH'), /Nothing in this condition/],
    [when('asset is not ETH@ethereum and amount > 10 ETH'), /Nothing in this condition/],
    [when('asset in [ETH@ethereum, USDC@ethereum] and amount > 10 ETH'), /not measured in ETH/],
    [when('asset is ETH@ethereum and amount > 10 USD'), /is a currency/],
    [when('asset is ETH@ethereum and amount > 10'), /needs a unit/],
    [when('value > 24h'), /An amount must stand here/],
    [when('value = 10 USD'), />, >=, < or <=/],
    [when('value in banned'), /cannot be compared/],
    [when('asset tagged "w"'), /cannot be compared/],
    [when('wallet tagged ""'), /not empty/],
    [when('recipient in managers'), /a group of people/],
    [when('recipient is "x"'), /without quotes/],
    [when('recipient is USDC@ethereum'), /An address must stand/],
    [when('asset in banned'), /square brackets/],
    [when('asset is USDC'), /An asset must stand/],
    [when('10 USD < value'), /begins with a field/],
    [when('sum(value) over last 1h by wallet in banned'), /compared with an amount/],
    [rule('when always then require approval by 1 of banned'), /not a group of people/],
    [rule('when always then require approval by 1 of managers, not by bob'), /Only the initiator/],
    [
      HEADER.replace('otherwise block', 'otherwise require approval by 1 of managers'),
      /only allow or block/,
    ],
    [`${HEADER}test "t" { given transfer { wallet = 1 USDC; } expect allow }`, /another kind/],
    [
      `${HEADER}test "t" { given transfer { asset = ETH@ethereum; amount = 1 USDC; } expect allow }`,
      /not measured in USDC/,
    ],
    [
      `${HEADER}test "t" { given transfer { } given price ETH@ethereum = 1 ETH expect allow }`,
      /in a currency/,
    ],
    [
      `${HEADER}test "t" { given transfer { } given list banned = managers expect allow }`,
      /writes the elements out/,
    ],
    [
      `${HEADER}test "t" { given transfer { } given group managers = [bob] expect allow }`,
      /A person must stand/,
    ],
    [
      `${HEADER}test "t" { given transfer { wallet = "w" tags [1]; } expect allow }`,
      /A tag is a text/,
    ],
    [
      `${HEADER}test "t" { given transfer { wallet = "w" tags banned; } expect allow }`,
      /tags are written out/,
    ],
    [
      `${rule('when always then block')} test "t" { given transfer { } expect allow by r }`,
      /all rules together/,
    ],
  ],
  CYCLE: [[`${HEADER}let a = b let b = not a`, /uses itself: a uses b uses a/]],
  NOT_AVAILABLE: [
    [
      `${HEADER.replace('governs transfer', 'governs incoming')}rule r { applies to incoming when recipient in banned then block }`,
      /no "recipient" in the activity incoming/,
    ],
    [
      `${HEADER}rule r { when recipient in banned and sender in banned then block }`,
      /No activity has all/,
    ],
    [
      `${HEADER}test "t" { given transfer { sender = ${VENDOR}; } expect allow }`,
      /no field "sender"/,
    ],
  ],
  NOT_GOVERNED: [[rule('applies to incoming when always then block'), /not govern incoming/]],
  TOO_MANY_DECIMALS: [
    [when('value > 0.001 USD'), /at most 2 digits/],
    [when('asset is USDC@ethereum and amount > 0.0000001 USDC'), /at most 6 digits/],
    [
      `${HEADER}test "t" { given transfer { asset = USDC@ethereum; amount = 0.0000001 USDC; } expect allow }`,
      /at most 6/,
    ],
  ],
  BAD_ADDRESS: [
    [when(`recipient is ${VENDOR.replace('E', 'e')}`), /checksum/],
    [when(`recipient in [${STRANGER}, 0x12]`), /2 digits/],
    [
      `${HEADER}test "t" { given transfer { recipient = ${VENDOR.toLowerCase()}; } expect allow }`,
      /without its checksum/,
    ],
    [
      `${HEADER}test "t" { given transfer { } given list banned = [0xZZ] expect allow }`,
      /contains "Z"/,
    ],
  ],
  BAD_IMPORT: [
    [`${HEADER}import list x from "lists/x.csv"`, /no file "lists\/x.csv"/],
    [`${HEADER}import list x from "../secret.csv"`, /imported from lists/],
    [`${HEADER}import group x from "lists/banned.csv"`, /imported from groups.yaml/],
    [`${HEADER}import group manager from "groups.yaml"`, /no group manager/],
    [`${HEADER}import list x from "lists/banned.csv" sha256 "9f2c"`, /64 digits/],
    [`${HEADER}import list x from "lists/banned.csv" sha256 "${'0'.repeat(64)}"`, /has changed/],
  ],
  NO_REGISTRY: [[`${HEADER}import list x from "registry"`, /not known here/]],
  BAD_ABI: [[when('call.arg "amount" > 5'), /No imported contract says/]],
  BAD_FILE: [],
  UNSATISFIABLE_QUORUM: [
    [rule('when always then require approval by 2 of directors'), /directors has 1/],
  ],
  NO_HISTORY: [],
  BAD_VERSION: [],
  NEVER_MATCHES: [[when('value > 5 USD and value < 4 USD'), /No request/]],
  ALWAYS_MATCHES: [[when('value > 5 USD or value <= 5 USD'), /Every request/]],
  SHADOWED: [[`${when('value > 5 USD')} rule s { when always then allow }`, /changes nothing: s/]],
  REDUNDANT: [[when('value > 5 USD and value > 4 USD'), /changes nothing/]],
  GAP: [[`${when('value > 5 USD')} rule s { when value < 5 USD then block }`, /Neither s nor r/]],
  OVERLAP: [
    [`${when('value >= 5 USD')} rule s { when value <= 5 USD then block }`, /Both s and r/],
  ],
  DEAD_LIMIT: [
    [
      `${rule('when value > 5 USD then block')}
       rule s { when sum(value) over last 24h by wallet > 5 USD then block }`,
      /never decides/,
    ],
  ],
  SHARED_ADDRESS: [
    [
      `${when('recipient in banned')} rule s { when recipient in banned then block }`,
      /and on the list/,
    ],
  ],
  NOT_PROVED: [
    [`${HEADER}prove "p" { this version at least as strict as version 1 }`, /not proved/],
    [`${when('value > 5 USD')} prove "p" { for all transfer never allow }`, /does not hold/],
  ],
  UNUSED: [[HEADER, /No rule uses the list banned/]],
  BROAD_ALLOW: [[when('wallet tagged "ops"'), /any amount/]],
  NO_FALLBACK: [
    [
      `${HEADER}rule r { when screening.risk-score >= 70 then block "x" }`,
      /rests on screening.risk-score/,
    ],
  ],
  SELF_APPROVAL: [
    [
      rule('when always then require approval by 1 of managers, also by initiator'),
      /approve the own/,
    ],
  ],
  NARROW_QUORUM: [
    [
      rule('when always then require approval by 2 of managers'),
      /where bob@acme.example initiates/,
    ],
  ],
  NOT_PINNED: [],
  LOOK_ALIKE: [
    [
      `${rule('when always then block')} rule l-1 { when always then block } rule l-l { when always then block }`,
      /"l-l" looks like "l-1"/,
    ],
  ],
  NOT_TESTED: [],
  UNEXPLAINED: [],
  NO_REASON: [[`${HEADER}rule r { when always then block }`, /why the rule r/]],
  LOOSE_FALLBACK: [
    [
      `${HEADER}rule r { when value > 1 USD then block if missing data then allow }`,
      /loosens the rule r/,
    ],
  ],
};

const rows = Object.entries(CASES).flatMap(([code, cases]) =>
  cases.map(([text, message]) => [code as DiagnosticCode, message, text] as const),
);

test.each(rows)('%s %s', (code, message, text) => {
  const { policy, diagnostics } = compile(text);
  const found = diagnostics.filter((diagnostic) => diagnostic.code === code);
  expect(found.map((diagnostic) => diagnostic.message).join('\n')).toMatch(message);
  const severity = DIAGNOSTIC_CODES[code][0];
  expect(found.every((diagnostic) => diagnostic.severity === severity)).toBe(true);
  if (severity === 'error') expect(policy).toBeUndefined();
});

const file = (path: string, content = '') => ({ path, content });

test.each([
  ['BAD_FILE', [file('README.md')], /does not belong/],
  ['BAD_FILE', [file('../x.policy')], /not a safe path/],
  ['BAD_FILE', [file('/etc/x.policy')], /not a safe path/],
  ['BAD_FILE', [file('lists/deep/x.csv')], /not a safe path/],
  ['BAD_FILE', [file('l\u0131sts/x.csv')], /not a safe path/],
  ['DUPLICATE', [file('groups.yaml')], /in the bundle twice/],
  ['BAD_CHARACTER', [file('other.policy', '# \ud800')], /half of a character/],
  ['BAD_CHARACTER', [file('abi/a.json', '"\0"')], /U\+0000/],
  ['UNUSED', [file('lists/x.csv')], /Nothing imports "lists\/x.csv"/],
  ['POLICY_TOO_LARGE', [file('lists/x.csv', 'x'.repeat(16 * 1024 * 1024))], /16 MB/],
  ['POLICY_TOO_LARGE', Array.from({ length: 1_000 }, (_, i) => file(`p${i}.policy`)), /1000 files/],
] as const)('%s for a file of the bundle: %#', (code, files, message) => {
  const { diagnostics } = compileBundle([policyFile(HEADER), ...SUPPORT, ...files], WORLD);
  const found = diagnostics.filter((diagnostic) => diagnostic.code === code);
  expect(found.map((diagnostic) => diagnostic.message).join('\n')).toMatch(message);
});

test('a large group file is refused before it is read', () => {
  const files = SUPPORT.map((support) =>
    support.path === 'groups.yaml' ? file('groups.yaml', '#'.repeat(65_537)) : support,
  );
  const { diagnostics } = compileBundle([policyFile(HEADER), ...files], WORLD);
  expect(diagnostics).toContainEqual(expect.objectContaining({ code: 'POLICY_TOO_LARGE' }));
});

test('an empty list and an empty group are refused', () => {
  const files = SUPPORT.map(({ path }) =>
    path === 'groups.yaml'
      ? file(path, 'managers: []\ndirectors: []\n')
      : file(path, 'label,network,address\n'),
  );
  const { diagnostics } = compileBundle([policyFile(HEADER), ...files], WORLD);
  const messages = diagnostics.filter(({ code }) => code === 'BAD_IMPORT').map((d) => d.message);
  expect(messages).toEqual([
    'The list approved-vendors is empty.',
    'The list banned is empty.',
    'The group managers is empty.',
    'The group directors is empty.',
  ]);
});

test.each([
  ['lists/approved-vendors.csv', 'name,network,address\n'],
  ['lists/approved-vendors.csv', 'label,network,address\nV,mars,0x1\n'],
  ['groups.yaml', 'managers: [bob@acme.example\ndirectors: [bob@acme.example]\n'],
])('a fault in %s is told once, and not as an empty or missing one too: %j', (path, content) => {
  const files = SUPPORT.map((support) => (support.path === path ? file(path, content) : support));
  const { diagnostics } = compileBundle([policyFile(HEADER), ...files], WORLD);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  expect(errors.map(({ span }) => span.path)).toEqual([path]);
});

const after = (previousVersion: number) =>
  compile(HEADER, { ...WORLD, previousVersion }).diagnostics;

test('BAD_VERSION: a version that is not higher than the one in force is refused', () => {
  expect(after(1)).toContainEqual(expect.objectContaining({ code: 'BAD_VERSION' }));
  expect(after(0).map(({ code }) => code)).not.toContain('BAD_VERSION');
});

const resolveUser = (email: string) => (email.startsWith('bob') ? 'usr_bob' : undefined);

test('UNKNOWN_NAME: a member whom the organisation does not know is refused', () => {
  const { diagnostics } = compile(HEADER, { ...WORLD, resolveUser });
  expect(
    diagnostics.filter(({ code }) => code === 'UNKNOWN_NAME').map(({ message }) => message),
  ).toEqual([
    'There is no user carol@acme.example in the organisation.',
    'There is no user dave@acme.example in the organisation.',
  ]);
});

test('every code is provoked by a test', () => {
  const elsewhere: readonly DiagnosticCode[] = [
    'BAD_FILE',
    'BAD_VERSION',
    'NO_HISTORY',
    'NOT_PINNED',
    'NOT_TESTED',
    'UNEXPLAINED',
  ];
  const untested = Object.entries(CASES)
    .filter(([code, cases]) => cases.length === 0 && !elsewhere.includes(code as DiagnosticCode))
    .map(([code]) => code);
  expect(untested).toEqual([]);
});

test('a diagnostic points at the word, and suggests the one that was meant', () => {
  const text = when('recipient in aproved-vendors');
  const [found] = compile(text).diagnostics.filter(({ code }) => code === 'UNKNOWN_NAME');
  expect(found).toMatchObject({ hint: 'Did you mean approved-vendors?' });
  const span = found?.span;
  expect(text.slice(span?.start.offset, span?.end.offset)).toBe('aproved-vendors');
  expect(span && placeOf(span)).toBe('main.policy:11:28');
});

test('a mistake is reported once: what depends on a broken part is not', () => {
  const broken = HEADER.replace('"lists/banned.csv"', '"lists/bannd.csv"');
  const text = `${broken}rule r { when recipient in banned then block "x" }`;
  const errors = compile(text).diagnostics.filter(({ severity }) => severity === 'error');
  expect(errors.map(({ code }) => code)).toEqual(['BAD_IMPORT']);
  const syntax = `import list later from\n${HEADER}rule r { when recipient in later then block "x" }`;
  const second = compile(syntax).diagnostics.filter(({ severity }) => severity === 'error');
  expect(second.map(({ code }) => code)).toEqual(['SYNTAX']);
});

test('a file brings a hundred diagnostics at most', () => {
  const many = Array.from(
    { length: 500 },
    (_, i) => `rule r${i} { when vlaue > 1 USD then block }`,
  );
  expect(compile(`${HEADER}${many.join('\n')}`).diagnostics).toHaveLength(100);
});
