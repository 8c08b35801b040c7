/** Random damage to a text, as a slip of the hand or of a program does it. */
import fc from 'fast-check';

type Edit = { readonly at: number; readonly remove: number; readonly insert: string };

const editOf = (words: readonly string[]): fc.Arbitrary<Edit> =>
  fc.record({
    at: fc.nat(10_000),
    remove: fc.oneof(fc.constant(0), fc.nat(8), fc.nat(400)),
    insert: fc.oneof(
      fc.constant(''),
      fc.constantFrom(...words),
      fc.constantFrom('(', ')', '{', '}', '"', ',', '#', '\n', '0x', '-', '\u202e', '\u0430', '１'),
      fc.string({ maxLength: 3 }),
    ),
  });

const apply = (text: string, { at, remove, insert }: Edit): string => {
  const start = at % (text.length + 1);
  return text.slice(0, start) + insert + text.slice(start + remove);
};

/** One to four pieces taken out of a text, with some of these words put in. */
export const damageOf = (words: readonly string[]): fc.Arbitrary<(text: string) => string> =>
  fc
    .array(editOf(words), { minLength: 1, maxLength: 4 })
    .map((edits) => (text: string) => edits.reduce(apply, text));
