import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { pack } from './tools/pack.ts'

const SERVER = process.env.LEGATO_URL ?? 'http://127.0.0.1:8000'
const OUT = fileURLToPath(new URL('../src/legato/studio/static', import.meta.url))

export default defineConfig({
  base: '/studio/',
  plugins: [react(), pack()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: 'es2022',
    // Small fonts would become data: URLs, which the content security policy blocks.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    // The API believes calls from its own origin only: the proxy gives them that one.
    proxy: Object.fromEntries(
      ['/api', '/sign-in', '/account', '/invitation', '/v1'].map((path) => [
        path,
        { target: SERVER, changeOrigin: true, headers: { origin: SERVER } },
      ]),
    ),
  },
})
