// Find anything: screens, definitions by name or words, customers by any identifier.
import { Modal } from '@mantine/core'
import { type KeyboardEvent, type MouseEvent, useEffect, useId, useRef, useState } from 'react'
import { useGo } from '@/kit/go'
import { FINDING } from '@/words/finding'
import { SHELL } from '@/words/shell'
import { type Choice, choicesOf, isScreen } from './choices'
import { useFound } from './found'
import { screensFor } from './screens'
import { useMay, useMe } from './session'

const READ_ON = 3
/** So many lines before the last one that was read, the next are asked for. */

export default function Palette({ onClose }: { onClose: () => void }) {
  return (
    <Modal
      opened
      onClose={onClose}
      withCloseButton={false}
      size={620}
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
  const [isEntered, setEntered] = useState(false)
  const list = useId()
  const screens = screensFor(useMe().permissions)
  const asked = useFound(text, useMay('look'))
  const { isMore, isReading, readOn } = asked
  const choices = choicesOf({ text, screens, found: asked.found, isMore })
  const chosen = Math.min(at, choices.length - 1)
  const choose = useChoose(onClose)

  // Who presses Enter right behind the last letter means the answer to it, not what was there.
  const top = choices[0]
  useEffect(() => {
    if (isEntered && !asked.isBehind && top !== undefined) choose(top)
  }, [isEntered, asked.isBehind, top, choose])

  useEffect(() => {
    if (isMore && !isReading && chosen >= choices.length - READ_ON) void readOn()
  }, [isMore, isReading, readOn, chosen, choices.length])

  function press(event: KeyboardEvent) {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key]
    if (step !== undefined) setAt(moved(chosen, step, choices.length, isMore))
    else if (event.key !== 'Enter') return
    else if (asked.isBehind && chosen === 0 && !isScreen(text, screens)) setEntered(true)
    else if (choices[chosen] !== undefined) choose(choices[chosen])
    event.preventDefault()
  }

  return (
    <>
      <input
        className="palette-input"
        data-autofocus
        placeholder={FINDING.hint}
        aria-label={SHELL.find}
        role="combobox"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={choices[chosen] && `${list}-${choices[chosen].id}`}
        maxLength={512}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value)
          setAt(0)
          setEntered(false)
        }}
        onKeyDown={press}
      />
      <div className="palette-list" role="listbox" id={list} aria-label={SHELL.find}>
        {choices.map((choice, index) => (
          <Line
            key={choice.id}
            id={`${list}-${choice.id}`}
            choice={choice}
            isChosen={index === chosen}
            onPoint={() => setAt(index)}
            onChoose={() => choose(choice)}
          />
        ))}
      </div>
      <p className="palette-foot quiet small" role="status">
        {said(text, asked)}
      </p>
    </>
  )
}

type LineProps = {
  id: string
  choice: Choice
  isChosen: boolean
  onPoint: () => void
  onChoose: () => void
}

function Line({ id, choice, isChosen, onPoint, onChoose }: LineProps) {
  const line = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (isChosen) line.current?.scrollIntoView({ block: 'nearest' })
  }, [isChosen])
  // What scrolls under a pointer that rests is not pointed at.
  const point = (event: MouseEvent) => {
    if (event.movementX !== 0 || event.movementY !== 0) onPoint()
  }
  return (
    <div
      ref={line}
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={isChosen}
      className="palette-item"
      onMouseMove={point}
      onClick={onChoose}
    >
      <choice.icon size={16} stroke={1.7} aria-hidden="true" />
      <span className="cut">{choice.label}</span>
      <span className="grow cut quiet small">{choice.more}</span>
      <span className="quiet small">{choice.group}</span>
    </div>
  )
}

function useChoose(onClose: () => void): (choice: Choice) => void {
  const go = useGo()
  const [choose] = useState(() => (choice: Choice) => {
    onClose()
    go(choice.to, choice.search, choice.state && { state: choice.state })
  })
  return choose
}

/** The line that a key leads to: around the ends, but not past one behind which there is more. */
function moved(from: number, step: number, length: number, isMore: boolean): number {
  if (length === 0) return 0
  const to = from + step
  if (Math.abs(step) > 1 || (isMore && to >= length)) return Math.min(Math.max(to, 0), length - 1)
  return (to + length) % length
}

function said(text: string, asked: ReturnType<typeof useFound>): string {
  if (text.trim() === '') return ''
  if (asked.isAway) return FINDING.away
  if (asked.isBehind) return FINDING.looking
  return FINDING.many(asked.found.length, asked.isMore)
}
