/** `countersign policy lsp`: the language server, for editors that start it themselves. */
import { readShownPrices } from '#policy-tools/language-server/price-file.ts';
import { serveLanguage } from '#policy-tools/language-server/serve.ts';
import { type Command, readArguments } from './command.ts';
import { KNOWN_WORLD } from './known-assets.ts';

export const policyLsp: Command = {
  name: 'policy lsp',
  usage: '[--prices FILE] [--stdio]',
  about: 'serve an editor (language server protocol)',
  details: [
    'Speaks over standard input and output until the editor ends it.',
    '  --prices FILE   quotes that a hover over an asset shows, as PRICES names them',
    '  --stdio         what it does anyway; editors that add it may',
    '',
    'Example, for Neovim: vim.lsp.start({ name = "countersign",',
    '  cmd = { "npx", "countersign", "policy", "lsp" } })',
  ],
  run: async (args) => {
    const { options } = readArguments(args, {
      words: 0,
      options: ['prices', 'clientProcessId'],
      flags: ['stdio'],
    });
    const prices = options.prices === undefined ? new Map() : await readShownPrices(options.prices);
    const { stdin: input, stdout: output } = process;
    await serveLanguage({ input, output, world: KNOWN_WORLD, prices });
    return 0;
  },
};
