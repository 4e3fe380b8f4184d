// Compresses what was built, so that the server never has to.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

const PACKED = ['.js', '.css', '.html', '.svg']
const BYTES_MIN = 512

export function pack(): Plugin {
  let folder = ''
  return {
    name: 'legato-pack',
    apply: 'build',
    configResolved(config) {
      folder = config.build.outDir
    },
    closeBundle() {
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name)
        if (!entry.isFile() || !PACKED.includes(extname(path))) continue
        const plain = readFileSync(path)
        if (plain.length < BYTES_MIN) continue
        writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }))
        const params = { [constants.BROTLI_PARAM_QUALITY]: 11 }
        writeFileSync(`${path}.br`, brotliCompressSync(plain, { params }))
      }
    },
  }
}
