/**
 * The policy language for CodeMirror 6, with the compiler's own lexer: an editor never disagrees with
 * the compiler about what a word is.
 */
import {
  Language,
  LanguageSupport,
  defineLanguageFacet,
  foldInside,
  foldNodeProp,
  indentNodeProp,
} from '@codemirror/language';
import { styleTags, tags } from '@lezer/highlight';
import { nodeName, policyParser } from './policy-tree.ts';
import type { TokenKind } from '#policy-lang/editing/semantic-tokens.ts';

const TAGS: Readonly<Record<TokenKind, (typeof tags)['keyword']>> = {
  keyword: tags.keyword,
  comment: tags.lineComment,
  string: tags.string,
  number: tags.number,
  operator: tags.compareOperator,
  enumMember: tags.atom,
  type: tags.typeName,
  property: tags.propertyName,
  function: tags.definition(tags.variableName),
  variable: tags.variableName,
  namespace: tags.namespace,
};

const facts = defineLanguageFacet({
  commentTokens: { line: '#' },
  closeBrackets: { brackets: ['(', '[', '{', '"'] },
  indentOnInput: /^\s*\}$/,
});

const parser = policyParser((nodes) =>
  nodes.extend(
    styleTags({
      ...Object.fromEntries(Object.entries(TAGS).map(([kind, tag]) => [nodeName(kind), tag])),
      '{ }': tags.brace,
    }),
    foldNodeProp.add({ Block: foldInside }),
    indentNodeProp.add({
      Block: (context) => {
        const closing = /^\s*\}/.test(context.textAfter);
        return context.baseIndent + (closing ? 0 : context.unit);
      },
    }),
  ),
);

export const policyLanguage = new Language(facts, parser, [], 'policy');

/** `extensions: [policy()]`. */
export const policy = (): LanguageSupport => new LanguageSupport(policyLanguage);
