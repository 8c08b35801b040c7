/**
 * The house rules that a machine can read: which folder may import what (docs/ARCHITECTURE.md, "The
 * floors"), how long a file may be, and what may never stand in it. A pure function of the files, so
 * that the test can plant a violation and see it caught.
 */

export type SourceFile = { readonly path: string; readonly text: string };

/** What a floor may import: other floors (`#name` or `#name/part`) and packages (`scope/*` allowed). */
type Floor = { readonly floors: readonly string[]; readonly packages: readonly string[] };

const PURE_CHAINS = ['#chains'];
const BELOW_WORKFLOW = ['#core', '#policy-lang', ...PURE_CHAINS, '#mandate', '#persistence'];

/** Ground floor first: a folder imports only what stands above it in this table. */
export const FLOORS: Readonly<Record<string, Floor>> = {
  'src/core': { floors: [], packages: ['@noble/hashes'] },
  'src/policy-lang': { floors: ['#core'], packages: ['chevrotain'] },
  'src/signing': {
    floors: ['#core'],
    packages: ['@noble/*', '@scure/base', 'secp256k1', 'node:crypto'],
  },
  'src/chains': {
    floors: ['#core', '#contracts/TestUSDC.json'],
    packages: ['@noble/*', '@scure/base', 'ethers'],
  },
  'src/mandate': {
    floors: ['#core', '#policy-lang', ...PURE_CHAINS],
    packages: ['@noble/*', 'node:crypto'],
  },
  'src/persistence': {
    floors: ['#core'],
    packages: ['@mikro-orm/*', 'pg', 'pg-boss', 'reflect-metadata', 'node:*'],
  },
  'src/identity': {
    floors: BELOW_WORKFLOW,
    packages: ['@simplewebauthn/server', '@mikro-orm/*', 'node:*'],
  },
  'src/cluster-client': {
    floors: ['#core', '#mandate', ...PURE_CHAINS, '#signing', '#signer-cluster/proto'],
    packages: ['@grpc/grpc-js', '@noble/*', 'pino', 'node:*'],
  },
  'src/workflow': {
    floors: [...BELOW_WORKFLOW, '#identity', '#cluster-client'],
    packages: ['pg-boss', 'pino', '@mikro-orm/*', 'node:*'],
  },
  schema: { floors: ['#core'], packages: ['type-graphql', 'graphql', 'reflect-metadata'] },
  'src/resolvers': {
    floors: [
      '#schema',
      '#core',
      '#workflow',
      '#identity',
      '#persistence',
      // What a role may do stands in one table, which the signer nodes read as well.
      '#mandate/permissions.ts',
    ],
    packages: ['type-graphql', 'graphql', 'reflect-metadata'],
  },
  'src/policy-tools': {
    floors: ['#core', '#policy-lang'],
    packages: [
      'node:*',
      'vscode-languageserver',
      'vscode-languageserver-textdocument',
      'z3-solver',
    ],
  },
  'editors/codemirror': {
    floors: ['#core', '#policy-lang'],
    packages: ['@codemirror/*', '@lezer/*'],
  },
  'src/sdk': {
    floors: ['#core', '#mandate'],
    packages: ['graphql-ws', '@simplewebauthn/browser'],
  },
  console: { floors: ['#sdk'], packages: [] },
  'src/cli': {
    floors: [
      '#core',
      '#policy-lang',
      '#policy-tools',
      '#mandate',
      ...PURE_CHAINS,
      '#signing',
      '#sdk',
      // `countersign local` looks for the platform that runs on this machine's data folder.
      '#launcher/data-dir.ts',
      // `countersign signer` is what the operator of a node runs beside it.
      '#signer-cluster/operator',
      '#launcher/programs.ts',
    ],
    packages: ['node:*'],
  },
  'signer-cluster': {
    floors: ['#core', '#signing', '#mandate', '#policy-lang', ...PURE_CHAINS],
    packages: ['@grpc/grpc-js', '@noble/*', '@peculiar/x509', 'reflect-metadata', 'node:*'],
  },
  'src/gateway': {
    floors: [
      ...BELOW_WORKFLOW,
      '#schema',
      '#identity',
      '#cluster-client',
      '#workflow',
      '#resolvers',
    ],
    packages: ['*'],
  },
};

/** Composition and support: they may import every floor, and no floor may import them. */
const OUTSIDE = [
  'launcher',
  'bench',
  'demo',
  'test',
  'tools',
  'contracts',
  'editors/vscode',
  'src/testing',
];

/** Within the chain families only the files that talk to an endpoint may use an SDK or do I/O. */
const CHAIN_IO = /^src\/chains\/[a-z]+\/(?:rpc|draft|local|marks)\.ts$/;

/** The SDK runs in a browser: of the mandate it sees the statements, never Node's own modules. */
const BROWSER_SAFE = ['src/sdk', 'src/core', 'console'];

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s(?:[^'";]*?\sfrom\s)?\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

/** Floors to which the time, randomness, the environment and the log come as arguments. */
const PURE = ['src/core', 'src/policy-lang', 'src/signing', 'src/mandate', 'src/chains'];
const SURROUNDINGS: readonly RegExp[] = [
  /\b(?:Date|performance)\.now\b|\bnew Date\(\)/,
  /\bset(?:Timeout|Interval|Immediate)\(/,
  /\b(?:getRandomValues|randomBytes|randomUUID|randomInt)\b/,
  /\bprocess\.(?:env|argv|hrtime|stdout|stderr|stdin|pid)\b/,
  /\bconsole\.\w/,
];

const LINES_MAX = 500;
/** A program writes it, one statement for each table and key. */
const PRINTED = 'src/persistence/migrations/initial.ts';
const FILES_UNEXPLAINED_MAX = 3;
const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/\bMath\.random\b/, 'Math.random is not a source of randomness here'],
  [/@ts-(?:ignore|expect-error|nocheck)/, 'a silenced compiler'],
  [/\b(?:it|test|describe)\.(?:only|todo)\b/, 'an unfinished or isolated test'],
  [/\bvi\.(?:mock|hoisted)\(/, 'test files share their modules: see src/testing/README.md'],
  [/import\.meta\.url\)\.pathname/, 'a path in a URL is encoded: use fileURLToPath'],
  [/\bTO(?:DO)\b|\bFIX(?:ME)\b/, 'work that is left belongs in docs/ROADMAP.md'],
];

const isTest = (path: string): boolean => /\.(?:test|bench)\.ts$/.test(path);

/** The floor that a file stands on: the longest folder of the table that contains it. */
function floorOf(path: string): string | undefined {
  return Object.keys(FLOORS)
    .filter((folder) => path.startsWith(`${folder}/`))
    .toSorted((a, b) => b.length - a.length)[0];
}

export function importsOf(text: string): readonly string[] {
  return [...text.matchAll(IMPORT)].map((match) => (match[1] ?? match[2]) as string);
}

const packageAllowed = (allowed: readonly string[], name: string): boolean =>
  allowed.some((pattern) =>
    pattern.endsWith('*')
      ? name.startsWith(pattern.slice(0, -1))
      : name === pattern || name.startsWith(`${pattern}/`),
  );

const floorAllowed = (allowed: readonly string[], target: string): boolean =>
  allowed.some((floor) => target === floor || target.startsWith(`${floor}/`));

/** What one import breaks, as a sentence; undefined when it is fine. */
function importFault(path: string, floorName: string, target: string): string | undefined {
  const floor = FLOORS[floorName] as Floor;
  const own = `#${floorName.replace('src/', '')}`;
  if (target.startsWith('../')) return `${target}: use #floor/file.ts across folders`;
  if (target.startsWith('./')) return undefined;
  if (isTest(path)) return undefined;
  if (target.startsWith('#')) {
    const ok = target.startsWith(`${own}/`) || floorAllowed(floor.floors, target);
    return ok ? undefined : `${target}: ${floorName} may not import this floor`;
  }
  if (floorName === 'src/chains' && target === 'ethers') {
    return CHAIN_IO.test(path) ? undefined : `${target}: only a family's rpc and draft use its SDK`;
  }
  const ok = packageAllowed(floor.packages, target);
  return ok ? undefined : `${target}: ${floorName} may not import this package`;
}

function importFaults(file: SourceFile): readonly string[] {
  const floorName = floorOf(file.path);
  const targets = importsOf(file.text);
  if (floorName === undefined || OUTSIDE.some((folder) => file.path.startsWith(`${folder}/`))) {
    return targets
      .filter((target) => target.startsWith('../'))
      .map((target) => `${target}: use #floor/file.ts across folders`);
  }
  const browser = BROWSER_SAFE.some((folder) => file.path.startsWith(`${folder}/`));
  return targets.flatMap((target) => {
    if (browser && !isTest(file.path) && target.startsWith('node:')) {
      return [`${target}: this folder runs in browsers`];
    }
    return importFault(file.path, floorName, target) ?? [];
  });
}

/** What a pure floor takes from its surroundings by itself; the chains' own I/O waits for a chain. */
function surroundingsOf({ path, text }: SourceFile): readonly string[] {
  const isPure = PURE.some((folder) => path.startsWith(`${folder}/`));
  if (!isPure || isTest(path) || CHAIN_IO.test(path)) return [];
  return SURROUNDINGS.flatMap((pattern) => {
    const [found] = pattern.exec(text) ?? [];
    return found === undefined ? [] : [`${found}: an argument on this floor`];
  });
}

/** Folders with more than three files and no README.md. `docs` and what is below it are pages themselves. */
export function unexplainedFolders(paths: readonly string[]): readonly string[] {
  const byFolder = Map.groupBy(paths, (path) => path.slice(0, Math.max(0, path.lastIndexOf('/'))));
  return [...byFolder]
    .filter(([folder, files]) => {
      const isExplained = files.some((file) => file.endsWith('README.md'));
      return files.length > FILES_UNEXPLAINED_MAX && !isExplained && !/^docs(?:\/|$)/.test(folder);
    })
    .map(([folder]) => folder);
}

/** Every broken rule as `path: sentence`, in the files' order. */
export function violations(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap((file) => {
    const faults = [...importFaults(file), ...surroundingsOf(file)];
    const lines = file.text.split('\n').length - 1;
    if (lines > LINES_MAX && file.path !== PRINTED)
      faults.push(`${lines} lines, at most ${LINES_MAX}`);
    if (/(?:^|\/)index\.ts$/.test(file.path)) faults.push('a barrel file');
    if (!file.path.startsWith('test/tidy')) {
      for (const [pattern, why] of FORBIDDEN) if (pattern.test(file.text)) faults.push(why);
    }
    return faults.map((fault) => `${file.path}: ${fault}`);
  });
}
