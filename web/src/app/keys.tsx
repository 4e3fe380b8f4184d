// The sheet of keys. A screen adds its own with `useKeys`, and they stand here while it is shown.
import { Kbd, Modal } from '@mantine/core'
import { Fragment, useEffect, useSyncExternalStore } from 'react'
import { SHELL } from '@/words/shell'

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

export function KeySheet({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const own = useSyncExternalStore(subscribe, () => present)
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={SHELL.keys}
      closeButtonProps={{ 'aria-label': 'Close' }}
      size={420}
    >
      <dl className="keys">
        {[...EVERYWHERE, ...own].map((key) => (
          <Fragment key={key.press}>
            <dt>
              <Kbd size="xs">{key.press}</Kbd>
            </dt>
            <dd>{key.does}</dd>
          </Fragment>
        ))}
      </dl>
    </Modal>
  )
}
