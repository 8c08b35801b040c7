/** Checks all files of a bundle together: what a name means in one file, another may say. */
import { instant } from '#core/time.ts';
import { isPolicyFile } from '#policy-lang/bundle-files.ts';
import { checkHeader } from './check-header.ts';
import { isContractFile, isListFile, readImports } from '#policy-lang/imports/check-imports.ts';
import { Definitions, checkLets } from './check-lets.ts';
import { checkProve } from './check-prove.ts';
import { checkRule } from './check-rule.ts';
import { checkTable, rowNames } from './check-table.ts';
import { checkTest } from './check-test.ts';
import type { CheckedHeader, CheckedPolicy } from './checked-policy.ts';
import { ALL_CHECKS } from '#policy-lang/checks/all-checks.ts';
import { distinctNames } from '#policy-lang/checks/distinct-names.ts';
import { optional } from '#policy-lang/optional.ts';
import { parse } from '#policy-lang/syntax/parse.ts';
import type { Report } from './report.ts';
import type { Scope } from './scope.ts';
import { ACTIVITIES } from '#policy-lang/snapshot.ts';
import { SourceText } from '#policy-lang/syntax/source-text.ts';
import type { Item, Rule, Table } from '#policy-lang/syntax/syntax.ts';
import type { World } from '#policy-lang/world.ts';

export function checkBundle(
  sources: ReadonlyMap<string, SourceText>,
  world: World,
  report: Report,
): CheckedPolicy {
  const policies = [...sources.values()].filter(({ path }) => isPolicyFile(path));
  const parsed = policies.map((source) => parse(source));
  for (const { diagnostics } of parsed) report.addAll(diagnostics);
  const complete = !report.hasErrors;
  const items = parsed.flatMap((file) => file.items);
  const imports = ofKind(items, 'import');
  const lets = ofKind(items, 'let');
  const imported = readImports(imports, sources, world, report);
  const header = onlyHeader({ report, complete }, policies, items);
  const scope: Scope = {
    world,
    report,
    ...imported,
    lets: new Definitions(lets),
    governs: header?.governs ?? ACTIVITIES,
    zone: header?.zone ?? 'UTC',
    needs: new Map(),
    used: new Set(),
    complete,
  };
  checkLets(scope, lets);
  const written = distinctNames(
    report,
    items.filter((item): item is Rule | Table => item.kind === 'rule' || item.kind === 'table'),
  );
  const rules = written.flatMap((item) =>
    item.kind === 'rule' ? (checkRule(scope, item) ?? []) : checkTable(scope, item),
  );
  const names = new Set(
    written.flatMap((item) => (item.kind === 'rule' ? item.name.text : rowNames(item))),
  );
  const now = header?.effective.from ?? instant(0);
  const read = new Set(imports.map((item) => item.from.text));
  const policy: CheckedPolicy = {
    scope,
    ...optional('header', header),
    rules,
    tests: ofKind(items, 'test').map((test) => checkTest(scope, test, names, now)),
    proves: ofKind(items, 'prove').flatMap((prove) => checkProve(scope, prove) ?? []),
    lets,
    sources,
    imports,
    unreadFiles: [...sources.values()].filter(
      ({ path }) => (isListFile(path) || isContractFile(path)) && !read.has(path),
    ),
  };
  for (const check of ALL_CHECKS) check(policy, report);
  return policy;
}

const ofKind = <K extends Item['kind']>(
  items: readonly Item[],
  kind: K,
): Extract<Item, { kind: K }>[] =>
  items.filter((item): item is Extract<Item, { kind: K }> => item.kind === kind);

/** A bundle has one header, in whichever file. */
function onlyHeader(
  { report, complete }: Pick<Scope, 'report' | 'complete'>,
  policies: readonly SourceText[],
  items: readonly Item[],
): CheckedHeader | undefined {
  const [header, ...more] = ofKind(items, 'header');
  for (const { title } of more) {
    const message = 'The bundle has a second header.';
    report.add('DUPLICATE', title.span, message, 'Keep one "policy" part for all files.');
  }
  if (header !== undefined) return checkHeader({ report }, header);
  if (!complete) return undefined;
  const [first = new SourceText('.', '')] = policies;
  const message = 'The bundle has no header.';
  const hint = 'Begin with policy "NAME" { version 1 ... }.';
  report.add('MISSING_PART', first.span(0, 0), message, hint);
  return undefined;
}
