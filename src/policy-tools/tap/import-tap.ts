/**
 * Rules of Fireblocks as a bundle of this language, which is not looser without saying so. The first
 * rule that matches decides there: here each rule says which earlier ones must not match.
 */
import type { BundleFile } from '#policy-lang/bundle-files.ts';
import { comment } from '#policy-tools/dfns/names.ts';
import { policyFiles } from '#policy-tools/dfns/policy-files.ts';
import { conditionOf } from './tap-condition.ts';
import { effectOf } from './tap-effect.ts';
import type { TapMap } from './tap-map.ts';
import type { TapRule } from './read-tap.ts';

export type TapNote = {
  /** The number of the rule, from 1; absent: about all of them. */
  readonly rule?: number;
  readonly kind: 'differs' | 'stricter' | 'looser' | 'left out';
  readonly message: string;
};

export type TapImport = {
  readonly files: readonly BundleFile[];
  readonly notes: readonly TapNote[];
  /** Rules that stand in the bundle. */
  readonly imported: number;
};

const ORDER =
  'The first rule that matches decides there; here each rule says which earlier ones must not match.';

const CALLS =
  'Approvals of tokens, mints, burns and stakes are types of their own there, and calls of contracts here: name the contracts.';

/**
 * Total for what `readTapRules` and `readTapMap` give.
 * @param effective local time and zone, e.g. `2026-07-01T00:00 UTC`
 */
export function importTap(rules: readonly TapRule[], map: TapMap, effective: string): TapImport {
  const bundle = new ImportedTap(map);
  for (const rule of rules) bundle.add(rule);
  return bundle.finish(effective);
}

class ImportedTap {
  readonly #map: TapMap;
  readonly #notes: TapNote[] = [{ kind: 'differs', message: ORDER }];
  readonly #imports: string[] = [];
  readonly #lists: BundleFile[] = [];
  readonly #groups = new Map<string, readonly string[]>();
  readonly #rules: string[] = [];
  /** Names of the conditions so far, by activity. */
  readonly #before = new Map<string, string[]>();
  /** Activities of which a rule has matched everything. */
  readonly #closed = new Set<string>();
  #imported = 0;

  constructor(map: TapMap) {
    this.#map = map;
  }

  add(rule: TapRule): void {
    const { number, descriptor } = rule;
    const condition = conditionOf(rule, this.#map);
    const { activity, parts, gaps } = condition;
    const about = `# TAP rule ${number}${descriptor === undefined ? '' : ` (${comment(descriptor)})`}: ${rule.action}`;
    if (this.#closed.has(activity)) {
      const message = `An earlier rule decides about every ${activity}.`;
      this.#tell(about, [{ rule: number, kind: 'differs', message }]);
      return;
    }
    const effect = effectOf(rule, gaps, this.#map);
    const isLoose = activity === 'contract-call' && !effect.text.startsWith('block');
    this.#tell(about, [
      ...(isLoose ? [{ rule: number, kind: 'looser', message: CALLS } as const] : []),
      ...gaps.map((gap): TapNote => ({
        rule: number,
        kind: 'left out',
        message: `Not said here: ${gap}. The rule blocks whatever the rest of it matches.`,
      })),
      ...[...condition.notes, ...effect.notes].map((message): TapNote => ({
        rule: number,
        kind: 'stricter',
        message,
      })),
    ]);
    for (const [name, people] of effect.groups) this.#groups.set(name, people);
    if (condition.recipients !== undefined) this.#addList(number, condition.recipients);
    this.#write(number, activity, parts, effect.text);
    this.#imported += 1;
  }

  #tell(about: string, notes: readonly TapNote[]): void {
    this.#notes.push(...notes);
    const lines = notes.map(({ kind, message }) => `# ${kind}: ${comment(message)}`);
    this.#rules.push([about, ...lines].join('\n'));
  }

  #addList(number: number, rows: readonly string[]): void {
    const name = `tap-${number}-recipients`;
    const path = `lists/${name}.csv`;
    this.#imports.push(`import list ${name} from "${path}"`);
    this.#lists.push({ path, content: `label,network,address\n${rows.join('\n')}\n` });
  }

  #write(number: number, activity: string, parts: readonly string[], effect: string): void {
    const before = this.#before.get(activity) ?? [];
    this.#before.set(activity, before);
    const name = `tap-${number}`;
    const own = parts.length === 0 ? [] : [name];
    const when = [...own, ...before.map((earlier) => `not ${earlier}`)];
    this.#rules.push(
      [
        ...(parts.length === 0 ? [] : [`let ${name} = ${parts.join(' and ')}`]),
        `rule tap-rule-${number} "TAP rule ${number}" {`,
        `applies to ${activity}`,
        `when ${when.length === 0 ? 'always' : when.join(' and ')}`,
        `then ${effect}`,
        'because "Imported from Fireblocks"',
        `control "TAP:${number}"`,
        '}',
      ].join('\n'),
    );
    if (parts.length === 0) this.#closed.add(activity);
    before.push(name);
  }

  finish(effective: string): TapImport {
    const header = [
      '# Imported from Fireblocks. Each rule names the rule that it came from.',
      `# ${ORDER}`,
      'policy "Imported from Fireblocks" {',
      'version 1',
      `effective from ${effective}`,
      'governs transfer, contract-call, sign-message',
      'otherwise block "No rule matches"',
      '}',
    ].join('\n');
    const groups = [...this.#groups.keys()].map(
      (name) => `import group ${name} from "groups.yaml"`,
    );
    const imports = [...this.#imports, ...groups].join('\n');
    const people = [...this.#groups].map(([name, emails]) => `${name}: [${emails.join(', ')}]\n`);
    const files = [
      ...policyFiles([header, imports, ...this.#rules].filter((part) => part !== '')),
      ...(people.length > 0 ? [{ path: 'groups.yaml', content: people.join('') }] : []),
      ...this.#lists,
    ];
    return { files, notes: this.#notes, imported: this.#imported };
  }
}
