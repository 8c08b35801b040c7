/**
 * `countersign signer recipient|restore|seal|deal|combine`: what needs no running node. Deal and combine
 * have a whole key in their hands: they belong on a machine that does nothing else.
 */
import { randomBytes } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Bytes, hex, parseHex } from '#core/bytes.ts';
import { invalidInput } from '#core/errors.ts';
import { type Scheme, parseScheme } from '#core/scheme.ts';
import { readCommitteeKeys } from '#signer-cluster/operator/committee-keys.ts';
import { type NewSource, sealNode } from '#signer-cluster/operator/seal-node.ts';
import { restoreBackup } from '#signer-cluster/operator/restore.ts';
import { ProtocolAbort } from '#signing/kernel.ts';
import { type ExportedShare, combineExport } from '#signing/lifecycle/export.ts';
import { dealingText, sealDealing } from '#signing/lifecycle/dealing-text.ts';
import { parseExportedText } from '#signing/lifecycle/exported-text.ts';
import { ed25519Scalar, splitKey } from '#signing/lifecycle/import.ts';
import { recipientOf } from '#signing/lifecycle/sealed-box.ts';
import { ED25519, type Element, type PrimeGroup, SECP256K1 } from '#signing/prime-group.ts';
import { type Command, UsageError, readArguments, requireWord } from './command.ts';

const SECRET_BYTES = 32;

const random = (size: number): Bytes => new Uint8Array(randomBytes(size));

function requireOption(value: string | undefined, name: string): string {
  if (value === undefined) throw new UsageError(`The option --${name} is missing.`);
  return value;
}

/** A file of 64 hexadecimal digits. */
async function readSecret(path: string): Promise<Bytes> {
  const text = (await readFile(path, 'utf8').catch(() => '')).trim();
  if (/^[0-9a-f]{64}$/.test(text)) return parseHex(text);
  throw invalidInput('secret', `${path} does not hold 32 bytes in hex`, 'Give another file.');
}

/** A new file that only its owner can read; one that exists is never replaced. */
export async function writeNew(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx', 0o600).catch((cause: NodeJS.ErrnoException) => {
    throw invalidInput('file', `${path} cannot be made (${cause.code})`, 'Choose another one.');
  });
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

const SEAL_OPTIONS = ['node', 'from', 'file', 'wrap', 'unwrap'] as const;

/** The words of a command, between blanks. */
const wordsOf = (value: string | undefined, name: string): readonly string[] =>
  requireOption(value, name).split(' ').filter(Boolean);

export function newSourceOf(
  options: Readonly<Partial<Record<(typeof SEAL_OPTIONS)[number], string>>>,
): NewSource {
  const { from, file, wrap, unwrap } = options;
  switch (from) {
    case 'passphrase-file':
      return { from, path: resolve(requireOption(file, 'file')) };
    case 'environment':
      return { from, secret: resolve(requireOption(file, 'file')) };
    case 'kms':
      return { from, wrap: wordsOf(wrap, 'wrap'), unwrap: wordsOf(unwrap, 'unwrap') };
    default:
      throw new UsageError('The option --from takes passphrase-file, environment or kms.');
  }
}

export const signerSeal: Command = {
  name: 'signer seal',
  usage: '--node FOLDER --from SOURCE ...',
  about: "put a node's sealing key behind a passphrase, a KMS or a secret of the environment",
  details: [
    "A new node's sealing key lies open in a file beside its shares. This changes where it comes from, in",
    'node.json too, and removes the file; the key is the same. It holds from the next start.',
    '  --from passphrase-file   --file FILE: a passphrase of at least 12 characters, mode 0600; it lies',
    '                           on another disk, or is mounted for the start',
    '  --from kms               --wrap COMMAND --unwrap COMMAND: words between blanks, run without a',
    '                           shell; each takes the key from its input and prints it, wrapped and',
    '                           open (32 bytes, hex or base64)',
    '  --from environment       --file FILE: the secret is written there; keep it as SIGNER_SEALING_KEY',
    "                           where the node's environment is made, and delete the file",
    "  --node                   the node's folder, where its node.json lies",
  ],
  run: async (args, terminal) => {
    const { options } = readArguments(args, { words: 0, options: SEAL_OPTIONS });
    const folder = resolve(requireOption(options.node, 'node'));
    const source = newSourceOf(options);
    await sealNode(folder, source);
    terminal.out(`the sealing key comes from ${source.from} when the node starts again`);
    return 0;
  },
};

export const signerRecipient: Command = {
  name: 'signer recipient',
  usage: 'FILE',
  about: 'make the key pair that backups or exports are encrypted to',
  details: ['Writes the secret into FILE, readable by you only, and prints the public key.'],
  run: async (args, terminal) => {
    const { words } = readArguments(args, { words: 1 });
    const path = requireWord(words, 'Name the file of the secret.');
    const secret = random(SECRET_BYTES);
    await writeNew(path, `${hex(secret)}\n`);
    terminal.out(hex(recipientOf(secret)));
    return 0;
  },
};

export const signerRestore: Command = {
  name: 'signer restore',
  usage: 'FILE --secret FILE --folder FOLDER',
  about: 'put a node back from its backup, on a new machine',
  details: [
    'Stop the old node first and for good: two of one party are a danger to its keys. What the node',
    'signed and whom it banned after the backup is not in it: the other nodes refuse it until their',
    'operators have said "countersign signer accept" and the organisations have restored it (restoreNode; both',
    'stand in "countersign signer status"). Shares of keys that were refreshed since do not sign: refresh or',
    'reshare these keys. Its presignatures are void.',
    "  --secret         the recipient's secret",
    '  --folder         where the node is to be; it must not exist or be empty',
  ],
  run: async (args, terminal) => {
    const { words, options } = readArguments(args, { words: 1, options: ['secret', 'folder'] });
    const path = requireWord(words, 'Name the file of the backup.');
    const secret = await readSecret(requireOption(options.secret, 'secret'));
    const folder = resolve(requireOption(options.folder, 'folder'));
    const box = await readFile(path).catch(() => {
      throw invalidInput('backup', `${path} cannot be read`, 'Give another file.');
    });
    const { party, created, keys } = await restoreBackup(new Uint8Array(box), secret, folder);
    terminal.out(`party ${party} as of ${created}, ${keys} keys, in ${folder}`);
    return 0;
  },
};

/** The scalar of a key as its owner has it: of secp256k1 the scalar itself, of Ed25519 the seed. */
function scalarOf(scheme: Scheme, secret: Bytes): bigint {
  if (scheme === 'frost-ed25519') return ed25519Scalar(secret);
  const scalar = SECP256K1.decodeScalar(secret);
  if (scalar !== undefined) return scalar;
  throw invalidInput('secret', 'not a private key of secp256k1', 'It is between 1 and n - 1.');
}

async function deal<P extends Element<P>>(
  group: PrimeGroup<P>,
  p: { readonly secret: bigint; readonly chainCode: Bytes; readonly node: string },
): Promise<{ readonly publicKey: string; readonly text: string }> {
  const { threshold, recipients } = await readCommitteeKeys(p.node);
  const { secret, chainCode } = p;
  const parties = [...recipients.keys()];
  const split = splitKey({ group, secret, parties, threshold, chainCode, random });
  return {
    publicKey: hex(group.encodePoint(group.multiplyBase(secret))),
    text: dealingText(sealDealing(group, split, recipients, random)),
  };
}

export const signerDeal: Command = {
  name: 'signer deal',
  usage: 'FILE --node FOLDER --scheme SCHEME --secret FILE [--chain-code HEX]',
  about: 'split a private key for the nodes of a committee',
  details: [
    'Writes the dealing into FILE: each share is encrypted to its node, and the nodes take it in with',
    'the approval of enough operators. The key was whole: nodes and policies know it as imported.',
    '  --node           a folder with the node.json of the committee; no secret of a node is read',
    '  --scheme         ecdsa-secp256k1, frost-secp256k1 or frost-ed25519',
    '  --secret         32 bytes in hex: the private key, for Ed25519 the seed',
    '  --chain-code     of an extended key, 32 bytes in hex; random where absent',
  ],
  run: async (args, terminal) => {
    const names = ['node', 'scheme', 'secret', 'chain-code'] as const;
    const { words, options } = readArguments(args, { words: 1, options: names });
    const path = requireWord(words, 'Name the file of the dealing.');
    const scheme = parseScheme(requireOption(options.scheme, 'scheme'));
    const secret = scalarOf(scheme, await readSecret(requireOption(options.secret, 'secret')));
    const given = options['chain-code'];
    const chainCode = given === undefined ? random(32) : parseHex(given, 'chain-code');
    if (chainCode.length !== 32) throw invalidInput('chain-code', 'not 32 bytes', 'In hex.');
    const parts = { secret, chainCode, node: resolve(requireOption(options.node, 'node')) };
    const { publicKey, text } =
      scheme === 'frost-ed25519' ? await deal(ED25519, parts) : await deal(SECP256K1, parts);
    await writeNew(path, `${text}\n`);
    terminal.out(publicKey);
    return 0;
  },
};

function combine<P extends Element<P>>(
  group: PrimeGroup<P>,
  shares: readonly ExportedShare[],
  secret: Bytes,
): { readonly key: string; readonly publicKey: string; readonly chainCode: string } {
  try {
    const whole = combineExport(group, shares, secret);
    const { publicKey, chainCode } = whole.key;
    const key = hex(group.encodeScalar(whole.secret));
    return { key, publicKey: hex(publicKey), chainCode: hex(chainCode) };
  } catch (error) {
    if (!(error instanceof ProtocolAbort)) throw error;
    throw invalidInput('shares', error.message, 'Give the shares of one export, enough of them.');
  }
}

export const signerCombine: Command = {
  name: 'signer combine',
  usage: 'FILE --secret FILE --shares FILE[,FILE...]',
  about: 'put an exported key together, offline',
  details: [
    'Writes the private key into FILE, 32 bytes in hex, and prints its public key and chain code. Of an',
    'Ed25519 key it is the scalar, little-endian; there is no seed.',
    "  --secret         the recipient's secret",
    '  --shares         files with one exported share on each line',
  ],
  run: async (args, terminal) => {
    const { words, options } = readArguments(args, { words: 1, options: ['secret', 'shares'] });
    const path = requireWord(words, 'Name the file for the private key.');
    const secret = await readSecret(requireOption(options.secret, 'secret'));
    const files = requireOption(options.shares, 'shares').split(',');
    const texts = await Promise.all(
      files.map((file) =>
        readFile(file, 'utf8').catch(() => {
          throw invalidInput('shares', `${file} cannot be read`, 'Give another file.');
        }),
      ),
    );
    const lines = texts.flatMap((text) => text.split('\n')).filter((line) => line !== '');
    const parsed = lines.map(parseExportedText);
    const schemes = new Set(parsed.map(({ scheme }) => scheme));
    if (schemes.size > 1) throw invalidInput('shares', 'of different schemes', 'One export only.');
    const shares = parsed.map(({ share }) => share);
    const { key, publicKey, chainCode } = schemes.has('frost-ed25519')
      ? combine(ED25519, shares, secret)
      : combine(SECP256K1, shares, secret);
    await writeNew(path, `${key}\n`);
    terminal.out(`public key ${publicKey}`);
    terminal.out(`chain code ${chainCode}`);
    return 0;
  },
};
