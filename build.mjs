// Bundles what must run without node_modules: the Lambda handlers (assets of the stacks) and the command. Every
// folder of lambda/ becomes dist/lambda/NAME: index.ts is bundled, other files (scripts for Glue) are copied as they are.
import { build } from 'esbuild';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';

const common = { bundle: true, platform: 'node', target: 'node20', format: 'cjs', minify: true, logLevel: 'warning' };
const names = readdirSync('lambda', { withFileTypes: true })
  .filter((e) => e.isDirectory())
  .map((e) => e.name);
const handlers = names.filter((name) => existsSync(`lambda/${name}/index.ts`));

rmSync('dist/lambda', { recursive: true, force: true });
for (const name of names) {
  mkdirSync(`dist/lambda/${name}`, { recursive: true });
  for (const file of readdirSync(`lambda/${name}`)) {
    if (!file.endsWith('.ts')) cpSync(`lambda/${name}/${file}`, `dist/lambda/${name}/${file}`, { recursive: true });
  }
}
// What local Glue jobs import: awsglue, and what starts a script.
cpSync('lib/local/spark/python', 'dist/lib/local/spark/python', {
  recursive: true,
  filter: (file) => !file.includes('__pycache__'),
});
mkdirSync('dist/bin', { recursive: true });
writeFileSync('dist/bin/headrace.js', "#!/usr/bin/env node\nimport('./main.mjs');\n", { mode: 0o755 });
await Promise.all([
  handlers.length > 0 &&
    build({
      ...common,
      entryPoints: Object.fromEntries(handlers.map((name) => [`${name}/index`, `lambda/${name}/index.ts`])),
      outdir: 'dist/lambda',
      // The SDK goes in: the same bytes run in AWS, whatever version its runtime carries, and on a laptop without node_modules.
      legalComments: 'none',
    }),
  build({
    ...common,
    // In pieces: a verb reads its own part and the clients of AWS that it asks for, and --help reads next to nothing.
    format: 'esm',
    splitting: true,
    // A package as ES modules: of a CommonJS one, import() in a piece of its own would see no names.
    mainFields: ['module', 'main'],
    chunkNames: 'part-[hash]',
    outExtension: { '.js': '.mjs' },
    entryPoints: { main: 'bin/headrace.ts' },
    outdir: 'dist/bin',
    banner: {
      js: [
        "import { createRequire as headraceRequire } from 'node:module';",
        "import { dirname as headraceDirname } from 'node:path';",
        "import { fileURLToPath as headracePath } from 'node:url';",
        'const require = headraceRequire(import.meta.url);',
        'const __filename = headracePath(import.meta.url);',
        'const __dirname = headraceDirname(__filename);',
      ].join('\n'),
    },
    external: ['@duckdb/node-api'], // native, one binary per platform: loaded lazily
    legalComments: 'none',
    metafile: true,
  }).then(({ metafile }) => {
    for (const file of readdirSync('dist/bin')) {
      if (file.endsWith('.mjs') && !(`dist/bin/${file}` in metafile.outputs)) rmSync(`dist/bin/${file}`);
    }
  }),
  build({
    ...common,
    minify: false, // what a test's author steps into
    entryPoints: { testing: 'lib/local/testing/test-pipeline.ts' },
    outdir: 'dist',
    external: ['@duckdb/node-api'],
    legalComments: 'none',
  }),
]);
