import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EditorState } from '@codemirror/state';
import { foldable, getIndentation, syntaxTree } from '@codemirror/language';
import { classHighlighter, highlightTree } from '@lezer/highlight';
import { expect, test } from 'vitest';
import { EditedBundle } from '#policy-lang/editing/edited-bundle.ts';
import { HEADER, SUPPORT, WORLD } from '#testing/policy-fixtures.ts';
import { faultsOf } from './policy-assistance.ts';
import { policy } from './policy-language.ts';

const EXAMPLE = readFileSync(
  join(import.meta.dirname, '../../examples/acme-vendor-payments/vendor-payments.policy'),
  'utf8',
);

const stateOf = (doc: string): EditorState => EditorState.create({ doc, extensions: [policy()] });

function coloursOf(state: EditorState): ReadonlyMap<string, string> {
  const colours = new Map<string, string>();
  highlightTree(syntaxTree(state), classHighlighter, (from, to, classes) => {
    colours.set(state.sliceDoc(from, to), classes);
  });
  return colours;
}

test('words have the colours of what the compiler reads in them', () => {
  const colours = coloursOf(stateOf(EXAMPLE));
  expect(Object.fromEntries(colours)).toMatchObject({
    when: 'tok-keyword',
    '# The three rules of the payment walkthrough': 'tok-comment',
    '"Acme vendor payments"': 'tok-string',
    '250,000': 'tok-number',
    USD: 'tok-atom',
    'approved-vendors': 'tok-namespace',
  });
});

test('a part folds, and a new line inside it is indented', () => {
  const state = stateOf(EXAMPLE);
  const line = state.doc.lineAt(EXAMPLE.indexOf('rule vendor-list'));
  const fold = foldable(state, line.from, line.to);
  expect(state.sliceDoc(fold?.from, fold?.to)).toContain('then    allow');
  expect(getIndentation(state, EXAMPLE.indexOf('when    wallet'))).toBe(2);
});

test('a text that is half written or not closed has a tree as well', () => {
  for (const text of ['', 'rule a {', '}}}', 'rule "', 'rule a { when [ (', '\u0000\ud800']) {
    expect(syntaxTree(stateOf(text)).length).toBe(text.length);
  }
});

test('faults stand where the compiler finds them, with the fix that it knows', () => {
  const content = `${HEADER}rule r { when recipient in aproved-vendors then allow }`;
  const bundle = new EditedBundle([...SUPPORT, { path: 'main.policy', content }], WORLD);
  const [fault] = faultsOf(bundle, 'main.policy').filter(({ source }) => source === 'UNKNOWN_NAME');
  expect(content.slice(fault?.from, fault?.to)).toBe('aproved-vendors');
  expect(fault?.actions?.map(({ name }) => name)).toEqual(['Fix']);
});
