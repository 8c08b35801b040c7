import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { compileBundle } from '#policy-lang/compile-bundle.ts';
import { type DiagnosticCode, placeOf } from '#policy-lang/diagnostics.ts';
import { runTests } from '#policy-lang/run-tests.ts';
import { readBundle } from '#policy-tools/read-bundle.ts';
import { KNOWN_WORLD } from '#cli/known-assets.ts';
import { COOKBOOK, COOKBOOK_PAGE, cookbookPage, recipes } from '#tools/cookbook-page.ts';
import { DIAGRAMS, REFERENCE_PAGE, diagrams, referencePage } from '#tools/policy-reference.ts';

const pages = resolve(import.meta.dirname, '../docs/policy');

test('the cookbook and the reference are what their programs print (tools/cookbook-page.ts, tools/policy-reference.ts)', () => {
  expect(readFileSync(COOKBOOK_PAGE, 'utf8')).toBe(cookbookPage());
  expect(readFileSync(REFERENCE_PAGE, 'utf8')).toBe(referencePage());
  const drawn = diagrams();
  expect(readdirSync(DIAGRAMS).toSorted()).toEqual(
    [...drawn.keys()].map((name) => `${name}.svg`).toSorted(),
  );
  for (const [name, svg] of drawn) {
    expect(readFileSync(join(DIAGRAMS, `${name}.svg`), 'utf8')).toBe(svg);
  }
});

test('the cookbook has at least 25 recipes', () => {
  expect(recipes().length).toBeGreaterThanOrEqual(25);
});

/** Warnings that a recipe shows on purpose. */
const MEANT: Readonly<Record<string, readonly DiagnosticCode[]>> = {
  'self-approval.policy': ['SELF_APPROVAL'],
  'incoming.policy': ['BROAD_ALLOW'],
  'freeze.policy': ['SHADOWED'],
};

test.each(recipes())(
  'the recipe %s compiles, with the warnings that it means to show, and its tests pass',
  async (name) => {
    const { files } = await readBundle(join(COOKBOOK, name));
    const { policy, diagnostics } = compileBundle(files, KNOWN_WORLD);
    const told = diagnostics
      .filter(({ code }) => !(MEANT[name] ?? []).includes(code))
      .map(({ code, span, message }) => `${placeOf(span)} ${code} ${message}`);
    expect(told).toEqual([]);
    const report = policy && runTests(policy);
    expect(report?.tests.flatMap(({ failures }) => failures)).toEqual([]);
    expect(report?.passed).toBeGreaterThan(0);
  },
);

test('links between the pages lead somewhere', () => {
  const names = readdirSync(pages).filter((name) => name.endsWith('.md'));
  const broken = names.flatMap((name) => {
    const text = readFileSync(join(pages, name), 'utf8');
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)];
    return links.flatMap(([, path = '']) =>
      existsSync(join(pages, path)) ? [] : `${name}: ${path}`,
    );
  });
  expect(broken).toEqual([]);
});
