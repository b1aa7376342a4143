/** Builds the window into `build/renderer`, with relative addresses: it is served from `app://` and from loopback alike. */
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));

export default defineConfig({
  root: here,
  base: './',
  plugins: [react()],
  build: {
    outDir: '../build/renderer',
    emptyOutDir: true,
    sourcemap: true,
    target: 'chrome136',
    // A data: script or font would need holes in the content security policy.
    assetsInlineLimit: 0,
    // One sheet: the order of rules must not depend on which view was opened first.
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
  },
});
