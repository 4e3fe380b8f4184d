// What every part of a canvas knows: the drawing, the words, and which step is chosen.
import { createContext, useContext } from 'react'
import type { components } from '@/api/schema'
import type { Difference } from './edit/changes'
import type { Drawing, Graph, Kind } from './graph'

type Traffic = components['schemas']['Traffic']

export type Lens = 'build' | 'traffic' | 'changes' | 'text'

export type Board = {
  journey: string
  title: string
  drawing: Drawing
  graph: Graph
  /** Schemas and names for what can stand in a step. */
  known: components['schemas']['ShownKinds']
  kinds: readonly Kind[]
  lens: Lens
  /** Where a draft has it otherwise than what runs, by step. */
  marks?: ReadonlyMap<string, Difference>
  /** What is gone of it, by the id of its drawing. */
  ghosts?: ReadonlyMap<string, Difference>
  /** Path of the step that is looked at; empty: none. */
  chosen: string
  choose: (path: string) => void
  /** Whether it is in the running plan, so that anything happens in it. */
  isRunning: boolean
  /** Counts that stand still, in place of those of what happens now; by a name of their own. */
  still?: { name: string; traffic: Traffic }
  steps: {
    /** As counts name the step at a path. */
    idOf: (path: string) => string
    nameOf: (path: string) => string
  }
}

/** Where nothing is gone. */
export const UNHAUNTED: ReadonlyMap<string, Difference> = new Map()

const Context = createContext<Board | null>(null)

export const BoardContext = Context

export function useBoard(): Board {
  const board = useContext(Context)
  if (board === null) throw new Error('a part of the canvas stands outside of it')
  return board
}
