/**
 * Letters that look like a Latin one, with the one that they look like: of Unicode Technical Standard
 * 39 (confusables.txt of Unicode 10.0) the letters of the Latin, Greek, Cyrillic, Armenian, Coptic,
 * Cherokee and Lisu scripts whose prototype is one letter of ASCII. Left out are those that compatibility
 * normalization turns into another letter, which a check of its own finds, and letters of living
 * Latin alphabets. What the standard maps to "l" and is a capital reads as "I" here.
 */
export const LOOKALIKES: ReadonlyMap<string, string> = new Map(
  [
    ['ɑαаᴀ', 'a'],
    ['ΑАᎪꓮ', 'A'],
    ['ƄЬᏏ', 'b'],
    ['ΒВᏴꓐꞴ', 'B'],
    ['ϲсᴄⲥꮯ', 'c'],
    ['ϹСᏟⲤꓚ', 'C'],
    ['ԁᏧꓒ', 'd'],
    ['Ꭰꓓ', 'D'],
    ['еҽꬲ', 'e'],
    ['ΕЕᎬꓰ', 'E'],
    ['քẝꞙꬵ', 'f'],
    ['ϜꓝꞘ', 'F'],
    ['ƍɡցᶃ', 'g'],
    ['ԌᏀᏳꓖ', 'G'],
    ['һհᏂ', 'h'],
    ['ΗНᎻⲎꓧ', 'H'],
    ['ɪιіӏᎥꙇꭵ', 'i'],
    ['ΙІӀⲒꓲ', 'I'],
    ['ϳј', 'j'],
    ['ͿЈᎫꓙꞲ', 'J'],
    ['ΚКᏦⲔꓗ', 'K'],
    ['ᏞⳐꓡ', 'L'],
    ['ΜϺМᎷⲘꓟ', 'M'],
    ['ոռ', 'n'],
    ['ΝⲚꓠ', 'N'],
    ['οσоօᴏᴑⲟꬽ', 'o'],
    ['ΟОՕⲞꓳ', 'O'],
    ['ρрⲣ', 'p'],
    ['ΡРᏢⲢꓑ', 'P'],
    ['ԛգզ', 'q'],
    ['гᴦⲅꭇꭈꮁ', 'r'],
    ['ƦᎡᏒꓣ', 'R'],
    ['ƽѕꜱꮪ', 's'],
    ['ЅՏᏕᏚꓢ', 'S'],
    ['ΤТᎢⲦꓔ', 'T'],
    ['υսᴜꞟꭎꭒ', 'u'],
    ['Սꓴ', 'U'],
    ['νѵᴠꮩ', 'v'],
    ['ѴᏙꓦ', 'V'],
    ['ɯѡԝաᴡꮃ', 'w'],
    ['ԜᎳᏔꓪ', 'W'],
    ['χх', 'x'],
    ['ΧХⲬꓫꞳ', 'X'],
    ['ʏγуүᶌỿꭚ', 'y'],
    ['ΥУҮᎩᎽⲨꓬ', 'Y'],
    ['ᴢꮓ', 'z'],
    ['ΖᏃꓜ', 'Z'],
  ].flatMap(([letters = '', latin = '']) => [...letters].map((letter) => [letter, latin])),
);

/** What ASCII itself has of such letters (UTS 39, the same table), and `vv` for `w`. */
const ASCII: readonly (readonly [RegExp, string])[] = [
  [/[1I|]/g, 'l'],
  [/[0O]/g, 'o'],
  [/rn/g, 'm'],
  [/vv/g, 'w'],
];

/** Names with the same skeleton cannot be told apart on a screen: `limit-1` and `limit-l`. */
export const skeletonOf = (name: string): string =>
  ASCII.reduce((text, [pattern, letter]) => text.replace(pattern, letter), name).toLowerCase();
