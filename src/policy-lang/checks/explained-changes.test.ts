import { expect, test } from 'vitest';
import { HEADER, SUPPORT, WORLD, policyFile, policyOf } from '#testing/policy-fixtures.ts';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import { plainSpan } from '#policy-lang/diagnostics.ts';
import { unexplainedChanges } from './explained-changes.ts';

const rule = (limit: string, because: string) =>
  `rule large { when value > ${limit} USD then block because "${because}" }`;
const open = 'rule ok { when recipient in approved-vendors then allow because "Vendors" }';
const BEFORE = policyOf(`${open} ${rule('100', 'One hundred')}`);

const found = (rules: string, header = HEADER) =>
  unexplainedChanges(BEFORE, policyOf(rules, header)).map(({ message }) => message);

test.each([
  ['the same', `${open} ${rule('100', 'One hundred')}`],
  ['another wording', `${rule('100', 'A hundred')} ${open}`],
  ['a lower limit', `${open} ${rule('90', 'One hundred')}`],
  ['a higher limit with a new reason', `${open} ${rule('200', 'The board raised it')}`],
  ['a rule less that allows', rule('100', 'One hundred')],
  [
    'a new rule that allows and says why',
    `${open} ${rule('100', 'One hundred')}
    rule more { when asset is USDC@ethereum then allow because "Stable" }`,
  ],
])('%s is no looser, or is explained', (_, rules) => {
  expect(found(rules)).toEqual([]);
});

test.each([
  [
    'a higher limit',
    `${open} ${rule('200', 'One hundred')}`,
    'The rule large lets more through than before, and no new reason says why.',
  ],
  [
    'a rule less that blocks',
    open,
    'The removed rule large lets more through than before, and no new reason says why.',
  ],
  [
    'a new rule that allows and does not say why',
    `${open} ${rule('100', 'One hundred')} rule more { when asset is USDC@ethereum then allow }`,
    'The added rule more lets more through than before, and no new reason says why.',
  ],
])('%s is named', (_, rules, message) => {
  expect(found(rules)).toEqual([message]);
});

test('an open otherwise, and a longer list, are named at the header', () => {
  const rules = `${open} ${rule('100', 'One hundred')}`;
  expect(found(rules, HEADER.replace('otherwise block', 'otherwise allow'))).toEqual([
    'The header (governs and otherwise) lets more through than before, and no new reason says why.',
  ]);
  const longer = SUPPORT.map((file) =>
    file.path === 'lists/approved-vendors.csv'
      ? { ...file, content: `${file.content}New,ethereum,0x${'00'.repeat(19)}07\n` }
      : file,
  );
  const { policy } = compileBundle([policyFile(`${HEADER}${rules}`), ...longer], WORLD);
  if (policy === undefined) throw new Error('does not compile');
  expect(unexplainedChanges(BEFORE, policy)).toMatchObject([
    {
      message:
        'The list approved-vendors lets more through than before, and no new reason says why.',
      span: plainSpan(policy.program.header.span),
    },
  ]);
});
