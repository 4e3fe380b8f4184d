// What parts of the canvas can do while a journey is edited.
import { createContext, useContext, useSyncExternalStore } from 'react'
import type { Offered, Place } from '../places'
import type { Carrying } from './carrying'
import type { Desk, Setting, State, Wish } from './desk'
import type { Keeper, Saving } from './keeper'

/** What is under way to an edge: a new step of a kind, or a step that stands elsewhere. */
export type Carried = { kind: string } | { path: string }

export type Editing = Carrying & {
  draft: string
  desk: Desk
  keeper: Keeper
  /** Do commands; what they were about is chosen then. */
  run: (wish: Wish, group?: string) => void
  set: (setting: Setting) => void
  /** Ask which kind of step to put at one of these places. */
  ask: (places: readonly Offered[]) => void
  drop: (carried: Carried, to: Place) => void
  remove: (path: string) => void
}

export const EditingContext = createContext<Editing | null>(null)

/** Null: the journey is only looked at. */
export function useEditing(): Editing | null {
  return useContext(EditingContext)
}

export function useDeskState(desk: Desk): State {
  return useSyncExternalStore(desk.subscribe, desk.state)
}

export function useSaving(keeper: Keeper): Saving {
  return useSyncExternalStore(keeper.subscribe, keeper.state)
}
