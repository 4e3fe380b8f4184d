// Find anything: screens by name, customers by any identifier.
import { Modal } from '@mantine/core'
import type { Icon } from '@tabler/icons-react'
import { IconUserSearch } from '@tabler/icons-react'
import { type KeyboardEvent, useId, useState } from 'react'
import { useGo } from '@/kit/go'
import { SHELL } from '@/words/shell'
import { screensFor } from './screens'
import { useMe } from './session'

type Choice = { id: string; group: string; label: string; icon: Icon; go: () => void }

export default function Palette({ onClose }: { onClose: () => void }) {
  return (
    <Modal
      opened
      onClose={onClose}
      withCloseButton={false}
      size={560}
      padding={0}
      yOffset="14vh"
      radius={12}
      aria-label={SHELL.find}
    >
      <Finder onClose={onClose} />
    </Modal>
  )
}

function Finder({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const list = useId()
  const choices = useChoices(text)
  const chosen = Math.min(at, choices.length - 1)

  function choose(choice: Choice | undefined) {
    if (choice === undefined) return
    onClose()
    choice.go()
  }

  function press(event: KeyboardEvent) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined) setAt((chosen + step + choices.length) % Math.max(choices.length, 1))
    else if (event.key === 'Enter') choose(choices[chosen])
    else return
    event.preventDefault()
  }

  return (
    <>
      <input
        className="palette-input"
        data-autofocus
        placeholder={SHELL.findHint}
        aria-label={SHELL.find}
        role="combobox"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={choices[chosen] && `${list}-${choices[chosen].id}`}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value)
          setAt(0)
        }}
        onKeyDown={press}
      />
      <div className="palette-list" role="listbox" id={list} aria-label={SHELL.find}>
        {choices.map((choice, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the field above
          <div
            key={choice.id}
            id={`${list}-${choice.id}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            className="palette-item"
            onMouseMove={() => setAt(index)}
            onClick={() => choose(choice)}
          >
            <choice.icon size={16} stroke={1.7} aria-hidden="true" />
            <span className="grow cut">{choice.label}</span>
            <span className="quiet small">{choice.group}</span>
          </div>
        ))}
        {choices.length === 0 && <div className="palette-item quiet">{SHELL.nothingFound}</div>}
      </div>
    </>
  )
}

function useChoices(text: string): Choice[] {
  const go = useGo()
  const screens = screensFor(useMe().permissions)
  const wanted = text.trim().toLowerCase()
  const found: Choice[] = screens
    .filter((each) => each.label.toLowerCase().includes(wanted))
    .map((each) => ({
      id: each.label.replaceAll(' ', '-'),
      group: SHELL.goTo,
      label: each.label,
      icon: each.icon,
      go: () => go(each.pages[0].path),
    }))
  if (wanted !== '') {
    // Not in the address: who is looked for may be named by an e-mail address. The screen of the
    // customers takes it out of the history's state.
    const find = { state: { find: text.trim() } }
    found.push({
      id: 'customer',
      group: SHELL.customers,
      label: SHELL.findCustomer(text.trim()),
      icon: IconUserSearch,
      go: () => go('/customers', undefined, find),
    })
  }
  return found
}
