import { expect, test } from 'vitest';
import { HEADER, SUPPORT, WORLD, compile, policyFile } from '#testing/policy-fixtures.ts';
import { compileBundle } from '#policy-lang/compile-bundle.ts';

function found(groups: string, effect: string): readonly string[] {
  const files = SUPPORT.map((file) =>
    file.path === 'groups.yaml' ? { ...file, content: groups } : file,
  );
  const rule = `rule r { when value > 1 USD then ${effect} because "x" }`;
  return compileBundle([policyFile(HEADER + rule), ...files], WORLD)
    .diagnostics.filter(({ code }) => code === 'UNSATISFIABLE_QUORUM')
    .map(({ message }) => message);
}

const APART = 'managers: [a@x.yz, b@x.yz]\ndirectors: [c@x.yz]\n';
const SAME = 'managers: [a@x.yz, b@x.yz]\ndirectors: [a@x.yz]\n';

test.each([
  [APART, 'require approval by 2 of managers and by 1 of directors'],
  [SAME, 'require approval by 1 of managers and by 1 of directors'],
  [APART, 'block if missing data then require approval by 2 of managers'],
])('%s %s can be met', (groups, effect) => {
  expect(found(groups, effect)).toEqual([]);
});

test.each([
  [APART, 'require approval by 3 of managers', /asks for 3 of managers.*managers has 2/],
  [APART, 'allow with approval by 2 of directors', /directors has 1/],
  [
    SAME,
    'require approval by 2 of managers and by 1 of directors',
    /1 of directors and 2 of managers/,
  ],
  [APART, 'block if missing data then require approval by 3 of managers', /3 of managers/],
])('%s %s cannot be met', (groups, effect, message) => {
  expect(found(groups, effect)).toEqual([expect.stringMatching(message)]);
});

const alwaysBob = () => 'usr_bob';

test('two addresses of one user are one person', () => {
  const rule = 'rule r { when value > 1 USD then require approval by 2 of managers because "x" }';
  const { diagnostics } = compile(HEADER + rule, { ...WORLD, resolveUser: alwaysBob });
  expect(diagnostics.map(({ code }) => code)).toContain('UNSATISFIABLE_QUORUM');
});
