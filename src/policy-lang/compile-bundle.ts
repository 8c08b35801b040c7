/**
 * From the files of a bundle to a policy that decides. Each step goes on as far as it can, so that
 * one run tells the author as much as possible; only a bundle without any error becomes a policy.
 */
import { instant } from '#core/time.ts';
import { type BundleFile, bundleHash, isPolicyFile, openFiles } from './bundle-files.ts';
import { checkHeader } from './check-header.ts';
import { isListFile, readImports } from './check-imports.ts';
import { checkProve } from './check-prove.ts';
import { checkRule } from './check-rule.ts';
import { checkTest } from './check-test.ts';
import type { CheckedHeader, CheckedPolicy } from './checked-policy.ts';
import { ALL_CHECKS } from './checks/all-checks.ts';
import type { CompiledPolicy } from './compiled-policy.ts';
import { type Condition, atomsOf } from './condition.ts';
import type { Diagnostic } from './diagnostics.ts';
import { optional } from './optional.ts';
import { parse } from './parse.ts';
import { linkProgram } from './program.ts';
import { Report, compareText } from './report.ts';
import { type Scope, unsupported } from './scope.ts';
import { SourceText } from './source-text.ts';
import type { Item, Rule } from './syntax.ts';
import type { World } from './world.ts';

export type Compilation = {
  /** Absent where a diagnostic is an error. */
  readonly policy?: CompiledPolicy;
  /** In the order of files and places. */
  readonly diagnostics: readonly Diagnostic[];
};

/** Total: any files give diagnostics or a policy, never an exception. */
export function compileBundle(files: readonly BundleFile[], world: World): Compilation {
  const report = new Report();
  const sources = openFiles(files, report);
  const checked = checkBundle(sources, world, report);
  const { header } = checked;
  if (header === undefined || report.hasErrors) return { diagnostics: report.diagnostics() };
  const hash = bundleHash(files);
  return { policy: link(checked, header, hash), diagnostics: report.diagnostics() };
}

function checkBundle(
  sources: ReadonlyMap<string, SourceText>,
  world: World,
  report: Report,
): CheckedPolicy {
  const parsed = [...sources.values()]
    .filter((source) => isPolicyFile(source.path))
    .map((source) => parse(source));
  for (const { diagnostics } of parsed) report.addAll(diagnostics);
  const complete = !report.hasErrors;
  const items = parsed.flatMap((file) => file.items);
  const imports = ofKind(items, 'import');
  const scope: Scope = {
    world,
    report,
    ...readImports(imports, sources, world, report),
    lets: new Set(ofKind(items, 'let').map((item) => item.name.text)),
    needs: new Map(),
    used: new Set(),
    complete,
  };
  for (const item of [...ofKind(items, 'let'), ...ofKind(items, 'table')]) {
    unsupported(scope, item.span, item.kind === 'let' ? '"let"' : 'tables', 'Write rules instead.');
  }
  const header = onlyHeader(scope, sources, items);
  const rules = distinctRules(scope, ofKind(items, 'rule'));
  const checkedRules = rules.flatMap((rule) => checkRule(scope, rule) ?? []);
  const now = header?.effective.from ?? instant(0);
  const ids = new Set(rules.map((rule) => rule.name.text));
  const read = new Set(imports.map((item) => item.from.text));
  const policy: CheckedPolicy = {
    scope,
    ...optional('header', header),
    rules: checkedRules,
    tests: ofKind(items, 'test').map((test) => checkTest(scope, test, ids, now)),
    proves: ofKind(items, 'prove').flatMap((prove) => checkProve(scope, prove) ?? []),
    unreadFiles: [...sources.values()].filter(({ path }) => isListFile(path) && !read.has(path)),
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
  scope: Scope,
  sources: ReadonlyMap<string, SourceText>,
  items: readonly Item[],
): CheckedHeader | undefined {
  const [header, ...more] = ofKind(items, 'header');
  for (const { title } of more) {
    const message = 'The bundle has a second header.';
    scope.report.add('DUPLICATE', title.span, message, 'Keep one "policy" part for all files.');
  }
  if (header !== undefined) return checkHeader(scope, header);
  if (!scope.complete) return undefined;
  const [first = new SourceText('.', '')] = [...sources.values()].filter(({ path }) =>
    isPolicyFile(path),
  );
  const message = 'The bundle has no header.';
  const hint = 'Begin with policy "NAME" { version 1 ... }.';
  scope.report.add('MISSING_PART', first.span(0, 0), message, hint);
  return undefined;
}

function distinctRules(scope: Scope, rules: readonly Rule[]): readonly Rule[] {
  const seen = new Set<string>();
  return rules.filter(({ name }) => {
    if (!seen.has(name.text) && name.text !== 'otherwise') {
      seen.add(name.text);
      return true;
    }
    const message =
      name.text === 'otherwise'
        ? 'A rule cannot be called "otherwise".'
        : `There are two rules ${name.text}.`;
    scope.report.add('DUPLICATE', name.span, message, 'Choose another name.');
    return false;
  });
}

function link(checked: CheckedPolicy, header: CheckedHeader, hash: string): CompiledPolicy {
  const { scope, rules, tests } = checked;
  const groups = new Map([...scope.groups].map(([name, { content }]) => [name, content]));
  const program = linkProgram({
    header,
    rules,
    tests,
    linked: {
      assets: scope.world.assets,
      lists: new Map([...scope.lists].map(([name, { content }]) => [name, content])),
      contracts: new Map(),
      groups,
    },
    policy: { hash, version: header.version },
  });
  const needs = usedNeeds(checked);
  const currencies = rules.flatMap(({ condition }) => currenciesOf(condition));
  return {
    title: header.title,
    version: header.version,
    ...optional('owner', header.owner),
    effective: header.effective,
    governs: header.governs,
    hash,
    aggregates: needs,
    currencies: [...new Set(currencies)].toSorted(compareText),
    groups,
    program,
  };
}

/** The currencies in which the value of the request counts, in totals too. */
const currenciesOf = (condition: Condition): readonly string[] =>
  [...atomsOf(condition)].flatMap((atom) => {
    if (atom.kind === 'value') return atom.currency;
    if (atom.kind !== 'total') return [];
    const { currency, includesThis, where } = atom.need;
    if (!includesThis) return [];
    return [...(currency === undefined ? [] : [currency]), ...(where ? currenciesOf(where) : [])];
  });

/** What the rules compare; a total that only a `prove` names is not needed to decide. */
function usedNeeds({ rules }: CheckedPolicy): CompiledPolicy['aggregates'] {
  const needs = new Map(
    rules
      .flatMap(({ condition }) => [...atomsOf(condition)])
      .flatMap((atom) => (atom.kind === 'total' ? [[atom.need.key, atom.need] as const] : [])),
  );
  return [...needs.values()].toSorted((left, right) => compareText(left.key, right.key));
}
