// A copy of a draft on this device, for as long as the server has not got it.
import type { Overlay } from './desk'

export type Copy = {
  files: Overlay
  /** The texts that the copy was made from, and the state of the draft that had them. */
  agreed: Overlay
  etag: string
  journey: string
  title: string
  base: string
}

export type Device = {
  get: () => Copy | null
  /** False: there is no room for it, or the browser keeps nothing. */
  put: (copy: Copy) => boolean
  drop: () => void
}

/** Return the place for one person's copy of one draft. */
export function deviceOf(who: string, name: string, store: Storage = localStorage): Device {
  const key = `legato.draft.${who}.${name}`
  return {
    get() {
      try {
        const text = store.getItem(key)
        return text === null ? null : (JSON.parse(text) as Copy)
      } catch {
        return null
      }
    },
    put(copy) {
      try {
        store.setItem(key, JSON.stringify(copy))
        return true
      } catch {
        return false
      }
    },
    drop() {
      try {
        store.removeItem(key)
      } catch {
        // A browser that keeps nothing has nothing to drop.
      }
    },
  }
}
