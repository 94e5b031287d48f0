// Builds what the server embeds: files with hashes in their names, each gzipped and nothing else, because the server sends them
// as they lie here.
import { gzipSync } from 'fflate';
import { defineConfig, type Plugin } from 'vite';

/**
 * Replaces every file by its gzipped form. By `fflate`, so that the same sources give the same bytes everywhere: what zlib writes
 * depends on the processor.
 */
function gzipped(): Plugin {
  return {
    name: 'gzipped',
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        for (const [name, file] of Object.entries(bundle)) {
          const content = file.type === 'chunk' ? file.code : file.source;
          const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
          delete bundle[name];
          this.emitFile({ type: 'asset', fileName: `${name}.gz`, source: gzipSync(bytes, { level: 9, mtime: 0 }) });
        }
      },
    },
  };
}

export default defineConfig({
  base: '/graphiql/',
  logLevel: 'warn',
  build: {
    // Files only: the page's Content-Security-Policy lets in no data: but pictures.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 4_000,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // What is ours apart from what is not: else an edit here would change the hashes, and so the bytes, of everything.
        codeSplitting: { groups: [{ name: 'vendor', test: /node_modules\/(?!monaco|prettier)|vite\/preload-helper/ }] },
      },
      // "use client" is for servers that render React, and there is none.
      onLog: (level, log, report) => log.code === 'MODULE_LEVEL_DIRECTIVE' || report(level, log),
    },
  },
  plugins: [gzipped()],
});
