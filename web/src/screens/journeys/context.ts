// What every part of a canvas knows: the drawing, the words, and which step is chosen.
import { createContext, useContext } from 'react'
import type { Drawing, Kind } from './graph'

export type Lens = 'build' | 'traffic' | 'text'

export type Board = {
  journey: string
  title: string
  drawing: Drawing
  kinds: readonly Kind[]
  lens: Lens
  /** Path of the step that is looked at; empty: none. */
  chosen: string
  choose: (path: string) => void
  steps: {
    /** As counts name the step at a path. */
    idOf: (path: string) => string
    nameOf: (path: string) => string
  }
}

const Context = createContext<Board | null>(null)

export const BoardContext = Context

export function useBoard(): Board {
  const board = useContext(Context)
  if (board === null) throw new Error('a part of the canvas stands outside of it')
  return board
}
