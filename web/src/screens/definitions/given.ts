// Files from somebody's disk: read whole, and kept while the Studio is open, so that neither a refusal
// nor a look at another page loses them.
import { useSyncExternalStore } from 'react'

export type Given = { name: string; content: string }

/** Coded for the way, they are a third larger; a call takes 8 MB. */
const BYTES_MAX = 5_000_000
const KNOWN = /\.(ya?ml|zip)$/i
const HIDDEN = /(^|\/)\./
const CHUNK = 32_768

export type Brought = { files: readonly Given[]; isTooLarge: boolean; stamp: number }

const NOTHING: Brought = { files: [], isTooLarge: false, stamp: 0 }
let brought = NOTHING
const watchers = new Set<() => void>()

export function useBrought(): Brought {
  return useSyncExternalStore(watch, () => brought)
}

function watch(call: () => void): () => void {
  watchers.add(call)
  return () => watchers.delete(call)
}

function put(next: Brought): void {
  brought = next
  for (const call of watchers) call()
}

export function putAway(): void {
  put({ ...NOTHING, stamp: brought.stamp + 1 })
}

/** Whether there is anything among them that can be definitions. */
export async function bring(chosen: Iterable<readonly [string, File]>): Promise<boolean> {
  const known = [...chosen].filter(([name]) => KNOWN.test(name) && !HIDDEN.test(name))
  if (known.length === 0) return false
  const stamp = brought.stamp + 1
  const size = known.reduce((sum, [, file]) => sum + file.size, 0)
  if (size > BYTES_MAX) {
    put({ files: [], isTooLarge: true, stamp })
    return true
  }
  const files = await Promise.all(
    known.map(async ([name, file]) => ({ name, content: coded(await file.arrayBuffer()) })),
  )
  put({ files, isTooLarge: false, stamp })
  return true
}

function coded(bytes: ArrayBuffer): string {
  const all = new Uint8Array(bytes)
  let text = ''
  for (let at = 0; at < all.length; at += CHUNK)
    text += String.fromCharCode(...all.subarray(at, at + CHUNK))
  return btoa(text)
}

/** What a file field holds, by path where a folder was chosen. */
export function chosenIn(list: FileList): [string, File][] {
  return [...list].map((file) => [file.webkitRelativePath || file.name, file])
}

/** What was dropped, folders with all that is in them. */
export async function droppedIn(data: DataTransfer): Promise<[string, File][]> {
  const items = [...data.items].filter((item) => item.kind === 'file')
  const entries = items.map((item) => item.webkitGetAsEntry())
  const plain = [...data.files]
  const found = await Promise.all(
    entries.map((entry, index) => {
      const file = plain[index]
      if (entry !== null) return within(entry)
      return Promise.resolve<[string, File][]>(file === undefined ? [] : [[file.name, file]])
    }),
  )
  return found.flat()
}

async function within(entry: FileSystemEntry): Promise<[string, File][]> {
  const path = entry.fullPath.replace(/^\//, '')
  if (HIDDEN.test(path)) return []
  if (entry.isFile) {
    const file = await new Promise<File>((done, failed) =>
      (entry as FileSystemFileEntry).file(done, failed),
    )
    return [[path, file]]
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  const inner: FileSystemEntry[] = []
  // A folder is told in parts; an empty one is the end of it.
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((done, failed) =>
      reader.readEntries(done, failed),
    )
    if (part.length === 0) break
    inner.push(...part)
  }
  return (await Promise.all(inner.map(within))).flat()
}
