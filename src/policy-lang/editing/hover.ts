/** What an editor shows where the pointer rests, as Markdown. */
import { tokenMatcher } from 'chevrotain';
import { type AssetId } from '#core/money.ts';
import type { Span } from '#policy-lang/diagnostics.ts';
import { readGroupFile } from '#policy-lang/imports/group-file.ts';
import { readListFile } from '#policy-lang/imports/list-file.ts';
import { parse } from '#policy-lang/syntax/parse.ts';
import { Report } from '#policy-lang/checking/report.ts';
import type { SourceText } from '#policy-lang/syntax/source-text.ts';
import type { Import, Item } from '#policy-lang/syntax/syntax.ts';
import { AssetName, isKeyword } from '#policy-lang/syntax/tokens.ts';
import type { EditedBundle } from './edited-bundle.ts';
import { fieldAt } from './field-places.ts';
import type { NamePlace } from './names.ts';
import { tokenAt } from './semantic-tokens.ts';
import { WORDS } from './words.ts';

/** Quotes in words, e.g. `1.00 USD`, by asset. */
export type ShownPrices = ReadonlyMap<AssetId, readonly string[]>;

export type HoverText = { readonly span: Span; readonly text: string };

const SHOWN_ENTRIES = 5;

export function hover(
  bundle: EditedBundle,
  path: string,
  offset: number,
  prices: ShownPrices,
): HoverText | undefined {
  const source = bundle.sources.get(path);
  if (source === undefined) return undefined;
  const name = bundle.nameAt(path, offset);
  if (name !== undefined) return { span: name.span, text: nameText(bundle, name) };
  const field = fieldAt(source, offset);
  if (field !== undefined) {
    const { about, activities, example } = field.field;
    const where = `Activities: ${activities.join(', ')}.`;
    const text = `**${field.field.path}**\n\n${about}\n\n\`${example}\`\n\n${where}`;
    return { span: field.span, text };
  }
  const token = tokenAt(source, offset);
  if (token === undefined) return undefined;
  const span = source.span(token.startOffset, token.startOffset + token.image.length);
  if (tokenMatcher(token, AssetName)) {
    return { span, text: assetText(bundle, token.image as AssetId, prices) };
  }
  const word = isKeyword(token.tokenType) ? WORDS.get(token.image) : undefined;
  return word === undefined ? undefined : { span, text: `**${token.image}**\n\n${word}` };
}

function nameText(bundle: EditedBundle, name: NamePlace): string {
  const definition = bundle.definitionOf(name);
  if (definition === undefined) return `There is no ${name.kind} **${name.name}** in this bundle.`;
  const source = bundle.sources.get(definition.span.path) as SourceText;
  const item = parse(source).items.find((candidate) => covers(candidate, definition.span));
  const title = `**${name.kind} ${name.name}**`;
  switch (item?.kind) {
    case 'rule':
    case 'let': {
      const text = source.text.slice(item.span.start.offset, item.span.end.offset);
      return `${title}\n\n\`\`\`policy\n${text}\n\`\`\``;
    }
    case 'import':
      return `${title}\n\n${importText(bundle, item)}`;
    default:
      return title;
  }
}

const covers = (item: Item, span: Span): boolean =>
  item.span.start.offset <= span.start.offset && span.end.offset <= item.span.end.offset;

function importText(bundle: EditedBundle, item: Import): string {
  const path = item.from.text;
  const file = bundle.sources.get(path);
  if (path === 'registry') return 'Read from the registry when a decision is made.';
  if (file === undefined) return `The bundle has no file \`${path}\`.`;
  if (item.of === 'contracts') return `From \`${path}\`.`;
  const report = new Report();
  const entries =
    item.of === 'list'
      ? [...readListFile(file, bundle.world, report)].map(([key, label]) => labelled(key, label))
      : (readGroupFile(file, report).find(({ name }) => name === item.name.text)?.emails ?? []);
  const what = item.of === 'list' ? 'address' : 'person';
  return [`${counted(entries.length, what)} from \`${path}\``, ...bullets(entries)].join('\n');
}

const labelled = (key: string, label: string): string => {
  const address = key.startsWith('evm:') ? `0x${key.slice('evm:'.length)}` : key.split(':')[1];
  return label === '' ? `\`${address}\`` : `${label} \`${address}\``;
};

const PLURALS: Readonly<Record<string, string>> = { address: 'addresses', person: 'people' };

const counted = (count: number, what: string): string =>
  `${count} ${count === 1 ? what : PLURALS[what]}`;

function bullets(entries: readonly string[]): readonly string[] {
  const shown = entries.slice(0, SHOWN_ENTRIES).map((entry) => `- ${entry}`);
  const hidden = entries.length - shown.length;
  return ['', ...shown, ...(hidden > 0 ? [`- and ${hidden} more`] : [])];
}

function assetText({ world }: EditedBundle, asset: AssetId, prices: ShownPrices): string {
  const fact = world.assets.get(asset);
  if (fact === undefined) return `There is no asset **${asset}**.`;
  const quotes = prices.get(asset);
  const price = quotes === undefined ? 'No price is known here.' : `Price: ${quotes.join(', ')}.`;
  return `**${asset}**\n\n${fact.decimals} decimals, on ${fact.network}. ${price}`;
}
