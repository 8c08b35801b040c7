import { expect, test } from 'vitest';
import { lookalikeWord, mixedScriptWord } from './characters.ts';
import { LOOKALIKES } from './look-alikes.ts';

test('every look-alike is one letter outside of ASCII, and stands for one of ASCII', () => {
  for (const [letter, latin] of LOOKALIKES) {
    expect(letter).toMatch(/^[^ -~]$/u);
    expect(letter).toMatch(/^\p{L}$/u);
    expect(latin).toMatch(/^[A-Za-z]$/);
  }
  expect(LOOKALIKES.size).toBeGreaterThan(190);
});

test.each([...LOOKALIKES])('%s is not taken for %s, alone or in a word', (letter, latin) => {
  expect(lookalikeWord(letter)).toEqual({ word: letter, latin });
  expect(mixedScriptWord(`vendor-${letter}`)).toBe(`vendor-${letter}`);
});

test.each(['satış', 'ɣeyiɣi', 'Œuvre', 'казна', 'τράπεζα', 'גבייה', 'Zürich'])(
  '%s is a word of its own language',
  (word) => {
    expect(mixedScriptWord(word)).toBeUndefined();
    expect(lookalikeWord(word)).toBeUndefined();
  },
);
