// Puts together what the server embeds: our two pages, and the files of Swagger UI and ReDoc as their makers built them, with hashes in
// their names, each gzipped and in no other form, because the server sends them as they lie here.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'fflate';

/** By the name by which the pages ask for them. */
const ASSETS = {
  'swagger-ui.css': 'node_modules/swagger-ui-dist/swagger-ui.css',
  'swagger-ui.js': 'node_modules/swagger-ui-dist/swagger-ui-bundle.js',
  'redoc-standalone.js': 'node_modules/redoc/bundles/redoc.standalone.js',
  'page.css': 'src/page.css',
  'docs.js': 'src/docs.js',
  'redoc.js': 'src/redoc.js',
  'icon.svg': 'src/icon.svg',
};
const PAGES = ['docs.html', 'redoc.html'];
const BASE = '/docs/assets/';

/** By `fflate`, so that the same sources give the same bytes everywhere: what zlib writes depends on the processor. */
function write(name, bytes) {
  writeFileSync(`dist/${name}.gz`, gzipSync(bytes, { level: 9, mtime: 0 }));
}

/** Without the comment that names a file which is not served, and whose absence browsers would complain of. */
function withoutSourceMap(bytes) {
  const text = bytes.toString('utf8').replace(/\n?(\/\/# sourceMappingURL=\S+|\/\*# sourceMappingURL=\S+ \*\/)\s*$/, '\n');
  return Buffer.from(text, 'utf8');
}

/** ReDoc shows its maker's mark from another server: without it there is the text alone. */
function withoutMark(name, bytes) {
  const mark = 'https://cdn.redoc.ly/redoc/logo-mini.svg';
  if (name !== 'redoc-standalone.js') return bytes;
  if (!bytes.includes(mark)) throw new Error(`${name} does not ask for ${mark} any more`);
  return Buffer.from(bytes.toString('utf8').replace(mark, 'data:,'), 'utf8');
}

rmSync('dist', { recursive: true, force: true });
mkdirSync('dist/assets', { recursive: true });
const named = new Map();
for (const [name, path] of Object.entries(ASSETS)) {
  const bytes = withoutMark(name, withoutSourceMap(readFileSync(path)));
  const hash = createHash('sha256').update(bytes).digest('base64url').replace(/[-_]/g, '').slice(0, 8);
  const hashed = name.replace(/(\.\w+)$/, `-${hash}$1`);
  named.set(name, BASE + hashed);
  write(`assets/${hashed}`, bytes);
}
for (const page of PAGES) {
  const html = readFileSync(`src/${page}`, 'utf8').replace(/\{\{(.+?)\}\}/g, (_, name) => {
    if (!named.has(name)) throw new Error(`${page} asks for ${name}`);
    return named.get(name);
  });
  write(page, Buffer.from(html, 'utf8'));
}
