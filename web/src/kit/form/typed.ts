// What is being typed, apart from what was taken: it is handed on when typing rests, or ends.
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'

const REST_MS = 500

/** Fields of a text that is handed on only where `accept` takes it. */
export function useTyped(value: string, take: (text: string) => void) {
  const [typed, setTyped] = useState<string | null>(null)
  const latest = useRef({ typed, take, value })
  const handed = useRef<string | null>(null)
  useEffect(() => {
    latest.current = { typed, take, value }
  })

  /** What was handed on already is not handed on again while its answer is on the way. */
  function done(isPressed = false) {
    const { typed: text, take: hand, value: before } = latest.current
    if (text === null || text === before || (text === handed.current && !isPressed)) return
    handed.current = text
    hand(text)
  }

  useEffect(() => {
    if (typed === null) return
    const timer = setTimeout(() => done(), REST_MS)
    return () => clearTimeout(timer)
  }, [typed])
  // What was taken and is not there any more was refused, or undone: it is not shown as if it were.
  const taken = useRef(value)
  useEffect(() => {
    const before = taken.current
    taken.current = value
    if (before !== value && handed.current === before)
      setTyped((text) => (text === before ? null : text))
  }, [value])
  // What was typed last is taken along, also where the field goes away.
  useEffect(() => () => done(), [])

  return {
    value: typed ?? value,
    onChange: (event: { currentTarget: { value: string } }) => {
      handed.current = null
      setTyped(event.currentTarget.value)
    },
    onBlur: () => {
      done()
      setTyped(null)
    },
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key === 'Enter') done(true)
      if (event.key === 'Escape' && typed !== null) setTyped(value)
    },
  }
}
