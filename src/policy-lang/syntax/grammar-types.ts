/** The types of the syntax tree that the grammar's rules make, printed from the grammar itself. */
import { generateCstDts } from 'chevrotain';
import type { PolicyParser } from './grammar.ts';

/** The text of `gen/syntax-tree.ts`; a test compares the two. */
export function grammarTypes(parser: PolicyParser): string {
  const types = generateCstDts(parser.getGAstProductions(), { includeVisitorInterface: false });
  return [
    '/** Generated from the grammar by `tools/make-grammar-types.ts`; do not edit. */',
    types
      .replace(', ICstVisitor', '')
      .replace(/\n{2,}/g, '\n')
      .replace(/(CstNode extends CstNode \{)\n {2}(.*)\n {2}(.*)\n\}/g, '$1 $2 $3 }'),
  ].join('\n');
}
