import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { POLICY_COMMANDS } from '#cli/policy.ts';
import { formatPolicy } from '#policy-lang/format/format-policy.ts';
import { SourceText } from '#policy-lang/syntax/source-text.ts';
import { recipes, COOKBOOK } from '#tools/cookbook-page.ts';
import { CLI_PAGE, cliPage } from '#tools/policy-cli-page.ts';

test('the page of the command line shows what the commands print (tools/policy-cli-page.ts)', async () => {
  expect(readFileSync(CLI_PAGE, 'utf8')).toBe(await cliPage());
});

test('the page names every verb', () => {
  const page = readFileSync(CLI_PAGE, 'utf8');
  for (const { name } of POLICY_COMMANDS) expect(page).toContain(name);
});

test('formatting a recipe of the cookbook keeps it, and a second time changes nothing', () => {
  for (const name of recipes()) {
    const source = new SourceText(name, readFileSync(join(COOKBOOK, name), 'utf8'));
    const once = formatPolicy(source);
    if (!once.ok) throw new Error(`${name} does not parse`);
    expect(formatPolicy(new SourceText(name, once.text))).toEqual(once);
  }
});
