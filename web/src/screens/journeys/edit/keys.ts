// Editing by keyboard alone: which keys do what to the chosen step.
import { type KeyboardEvent, useCallback } from 'react'
import { useBoard } from '../context'
import { isGhost } from '../ghosts'
import { placesAfter } from '../places'
import { useEditing } from './editing'
import { type Direction, moveTowards } from './moves'

const ADD = ['.', 'Insert', '+', '/', 'a']
const REMOVE = ['Delete', 'Backspace']
const ARROWS: Record<string, Direction> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
}

/** Return what takes a key pressed on the canvas, and says whether it was one of these. */
export function useEditKeys(): (event: KeyboardEvent) => boolean {
  const editing = useEditing()
  const { drawing, graph, chosen } = useBoard()
  return useCallback(
    (event) => {
      if (editing === null) return false
      // What is gone is there to be read.
      if (isGhost(chosen)) return false
      const { run } = editing
      const isMod = event.metaKey || event.ctrlKey
      const isStep = graph.steps.has(chosen)
      const [after] = placesAfter(drawing, graph, chosen).toReversed()
      const arrow = ARROWS[event.key]
      if (event.altKey && arrow !== undefined) {
        if (isStep) run((now, follow) => moveTowards(now, follow(chosen), arrow))
      } else if (isMod && isStep && event.key === 'x') editing.take(chosen, 'cut')
      else if (isMod && isStep && event.key === 'c') editing.take(chosen, 'copy')
      else if (isMod && event.key === 'v' && after !== undefined) run(editing.put(after))
      else if (isMod && isStep && event.key === 'd') run([{ edit: 'duplicate_step', path: chosen }])
      else if (isMod || event.altKey) return false
      else if (ADD.includes(event.key)) editing.ask(placesAfter(drawing, graph, chosen))
      else if (isStep && REMOVE.includes(event.key)) editing.remove(chosen)
      else if (event.key === 'Enter' && isOf(event, chosen)) focusSettings()
      else return false
      event.preventDefault()
      return true
    },
    [editing, drawing, graph, chosen],
  )
}

function isOf(event: KeyboardEvent, path: string): boolean {
  return event.target instanceof HTMLElement && event.target.dataset.step === path
}

const FIELDS = ':is(input, select, textarea, button):not([disabled])'

/** The first setting; of a step that has none, the first thing that can be done with it. */
function focusSettings(): void {
  const settings = document.querySelector<HTMLElement>(`.inspector-body .form ${FIELDS}`)
  const found = settings ?? document.querySelector<HTMLElement>(`.inspector-body ${FIELDS}`)
  found?.focus()
}

const FRAMES_MAX = 20

/**
 * Give a step the focus; one that is new is drawn, and hidden until it is measured. Whoever went
 * somewhere else since the focus was `before`, as to the search for a kind, is not fetched back.
 */
export function focusStep(path: string, before = document.activeElement): void {
  const look = (frames: number) => {
    const now = document.activeElement
    if (now !== before && now !== document.body) return
    const found = document.querySelector<HTMLElement>(`[data-step="${CSS.escape(path)}"]`)
    // The canvas brings it into sight: the browser would scroll what is drawn off its place.
    found?.focus({ preventScroll: true })
    if (document.activeElement !== found && frames > 0)
      requestAnimationFrame(() => look(frames - 1))
  }
  look(FRAMES_MAX)
}
