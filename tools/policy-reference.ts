/**
 * `docs/policy/reference.md` and its syntax diagrams, printed from the grammar, the fields and the
 * words of the language. Run this file to write them.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import type { ISerializedGast } from 'chevrotain';
import railroad, { type Part } from 'railroad-diagrams';
import { changeKindRows } from '#policy-lang/change-kinds.ts';
import { DIAGNOSTIC_CODES } from '#policy-lang/diagnostics.ts';
import { WORDS } from '#policy-lang/editing/words.ts';
import { FIELDS } from '#policy-lang/checking/fields.ts';
import { PolicyParser } from '#policy-lang/syntax/grammar.ts';
import { CURRENCIES } from '#policy-lang/checking/scope.ts';
import { ALL_TOKENS } from '#policy-lang/syntax/tokens.ts';

const FOLDER = fileURLToPath(new URL('../docs/policy/', import.meta.url));

/** What chevrotain writes of a part of a rule; which of these are there depends on its type. */
type Gast = ISerializedGast & {
  readonly name?: string;
  readonly label?: string;
  readonly definition?: readonly Gast[];
  readonly separator?: Gast;
};

const partsOf = ({ definition = [] }: Gast): readonly Gast[] => definition;

/** The rules in the order in which a reader meets them, from the whole file down. */
function rulesInOrder(): readonly Gast[] {
  const all = new PolicyParser().getSerializedGastProductions() as readonly Gast[];
  const byName = new Map(all.map((rule) => [rule.name ?? '', rule]));
  const seen = new Set<string>();
  const visit = (name: string): void => {
    const rule = byName.get(name);
    if (rule === undefined || seen.has(name)) return;
    seen.add(name);
    for (const used of namesUsed(rule)) visit(used);
  };
  visit('file');
  return [...seen].map((name) => byName.get(name) as Gast);
}

const namesUsed = (part: Gast): readonly string[] =>
  partsOf(part).flatMap((inner) =>
    inner.type === 'NonTerminal' ? [inner.name ?? ''] : namesUsed(inner),
  );

/** One part as EBNF (ISO 14977 without its commas). */
function ebnf(part: Gast): string {
  const inner = (): string => partsOf(part).map(ebnf).join(' ');
  const between = part.separator === undefined ? '' : (part.separator.label ?? '');
  switch (part.type) {
    case 'NonTerminal':
      return part.name ?? '';
    case 'Terminal':
      return terminal(part);
    case 'Alternation':
      return `( ${partsOf(part).map(ebnf).join(' | ')} )`;
    case 'Option':
      return `[ ${inner()} ]`;
    case 'Repetition':
      return `{ ${inner()} }`;
    case 'RepetitionMandatory':
      return `${inner()} { ${inner()} }`;
    case 'RepetitionMandatoryWithSeparator':
      return `${inner()} { ${between} ${inner()} }`;
    case 'RepetitionWithSeparator':
      return `[ ${inner()} { ${between} ${inner()} } ]`;
    default:
      return inner();
  }
}

/** A keyword or a sign in quotes, a kind of word by its name: `Numeral`. */
const terminal = ({ name = '', label = '' }: Gast): string =>
  label.startsWith('"') ? label : name;

function diagram(part: Gast): Part {
  const parts = (): readonly Part[] => partsOf(part).map(diagram);
  const inner = (): Part => railroad.Sequence(...parts());
  const between = part.separator && railroad.Terminal(part.separator.label ?? '');
  switch (part.type) {
    case 'NonTerminal':
      return railroad.NonTerminal(part.name ?? '');
    case 'Terminal':
      return railroad.Terminal(part.label ?? '');
    case 'Alternation':
      return railroad.Choice(0, ...parts());
    case 'Option':
      return railroad.Optional(inner());
    case 'Repetition':
      return railroad.ZeroOrMore(inner());
    case 'RepetitionMandatory':
      return railroad.OneOrMore(inner());
    case 'RepetitionMandatoryWithSeparator':
      return railroad.OneOrMore(inner(), between);
    case 'RepetitionWithSeparator':
      return railroad.ZeroOrMore(inner(), between);
    default:
      return inner();
  }
}

const STYLE = `<style>
  svg { background: #fff }
  path { stroke-width: 2; stroke: #36454f; fill: none }
  text { font: 14px ui-monospace, monospace; text-anchor: middle; fill: #111 }
  rect { stroke-width: 2; stroke: #36454f; fill: #e8f1ea }
  .non-terminal rect { fill: #eef }
</style>`;

/** A diagram as a file of its own, which needs no style from around it. */
function svgOf(rule: Gast): string {
  const drawn = railroad.Diagram(...partsOf(rule).map(diagram)).toString();
  return drawn
    .replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" role="img" ')
    .replace('>\n', `>\n<title>${rule.name ?? ''}</title>\n${STYLE}\n`);
}

const HEAD = `# Reference

Every rule of the grammar, every field, every word and every code of the policy language, printed from
the compiler's own tables (\`tools/policy-reference.ts\`). What rules mean together is in
[semantics](semantics.md).

`;

const cell = (text: string): string => text.replaceAll('|', '\\|');

const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => '---'), ...rows]
    .map((row) => `| ${row.map(cell).join(' | ')} |\n`)
    .join('');

function fieldRows(): readonly (readonly string[])[] {
  return [...FIELDS.values()].map(({ path, about, example, activities }) => [
    `\`${path}\``,
    about,
    `\`${example}\``,
    activities.length === 6 ? 'all' : activities.join(', '),
  ]);
}

/** Tokens that are not spelled out in the grammar, e.g. `Numeral`: what they are called in messages. */
const tokenRows = (): readonly (readonly string[])[] =>
  ALL_TOKENS.flatMap(({ name, LABEL = '', PATTERN }) => {
    const isNamed = LABEL !== '' && !LABEL.startsWith('"') && !name.startsWith('Keyword_');
    return isNamed && PATTERN instanceof RegExp
      ? [[`\`${name}\``, LABEL, `\`/${PATTERN.source}/\``]]
      : [];
  });

/** The page's text. */
export function referencePage(): string {
  const grammar = rulesInOrder().map(
    (rule) =>
      `### ${rule.name}\n\n![${rule.name}](diagrams/${rule.name}.svg)\n\n\`\`\`ebnf\n${rule.name} = ${partsOf(rule).map(ebnf).join(' ')} ;\n\`\`\`\n\n`,
  );
  return [
    HEAD,
    '## Fields\n\n',
    table(['field', 'what it is', 'example', 'activities'], fieldRows()),
    '\n## Kinds of change\n\n',
    table(
      ['`change.kind`', 'activity', 'what is done'],
      changeKindRows().map(([kind, activity, about]) => [`\`${kind}\``, activity, about]),
    ),
    '\n## Words\n\n',
    table(
      ['word', 'what it means'],
      [...WORDS].map(([word, about]) => [`\`${word}\``, about]),
    ),
    `\nCurrencies: ${CURRENCIES.join(', ')}. Durations: \`ms\`, \`s\`, \`min\`, \`h\`, \`d\`, \`w\`.\n`,
    '\n## Diagnostics\n\n',
    table(
      ['code', 'severity', 'what it says'],
      Object.entries(DIAGNOSTIC_CODES).map(([code, [severity, about]]) => [
        `\`${code}\``,
        severity,
        about,
      ]),
    ),
    '\n## Grammar\n\n',
    table(['kind of word', 'in messages', 'how it is written'], tokenRows()),
    '\n',
    ...grammar,
  ]
    .join('')
    .trimEnd()
    .concat('\n');
}

/** The diagrams by the name of their rule. */
export const diagrams = (): ReadonlyMap<string, string> =>
  new Map(rulesInOrder().map((rule) => [rule.name ?? '', svgOf(rule)]));

export const REFERENCE_PAGE = join(FOLDER, 'reference.md');
export const DIAGRAMS = join(FOLDER, 'diagrams');

if (argv[1] === import.meta.filename) {
  writeFileSync(REFERENCE_PAGE, referencePage());
  rmSync(DIAGRAMS, { recursive: true, force: true });
  mkdirSync(DIAGRAMS);
  for (const [name, svg] of diagrams()) writeFileSync(join(DIAGRAMS, `${name}.svg`), svg);
}
