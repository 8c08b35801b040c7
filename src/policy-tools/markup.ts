/** Text for HTML and XML. */

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Also takes out control characters, for which XML has no place at all. */
export const escaped = (text: string): string =>
  text
    .replace(/[\p{Cs}\ufffe\uffff]|(?!\n)\p{Cc}/gu, ' ')
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

/** A piece of HTML, as opposed to text that must be escaped before it becomes one. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Html | readonly Html[];

/** HTML with values in it: pieces of HTML stay what they are, every text is escaped. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Html {
  const rendered = values.map((value) => {
    if (value instanceof Html) return value.text;
    if (typeof value === 'string' || typeof value === 'number') return escaped(String(value));
    return value.map(({ text }) => text).join('');
  });
  return new Html(String.raw({ raw: strings }, ...rendered));
}

export const NOTHING = new Html('');
