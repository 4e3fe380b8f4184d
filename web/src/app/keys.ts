// Which keys there are. A screen adds its own with `useKeys`; the sheet shows them while it does.
import { useEffect, useSyncExternalStore } from 'react'

export type Key = { press: string; does: string }

const EVERYWHERE: readonly Key[] = [
  { press: '⌘ K', does: 'Find anything' },
  { press: 'g h', does: 'Go home' },
  { press: '?', does: 'This sheet' },
  { press: 'Esc', does: 'Close what floats' },
]

let present: readonly Key[] = []
const listeners = new Set<() => void>()

function set(keys: readonly Key[]) {
  present = keys
  for (const call of listeners) call()
}

function subscribe(call: () => void) {
  listeners.add(call)
  return () => listeners.delete(call)
}

/** Have the sheet name a screen's own keys. Give it a constant. */
export function useKeys(keys: readonly Key[]): void {
  useEffect(() => {
    set(keys)
    return () => set([])
  }, [keys])
}

/** The keys that count now. */
export function usePresentKeys(): readonly Key[] {
  const own = useSyncExternalStore(subscribe, () => present)
  return [...EVERYWHERE, ...own]
}
