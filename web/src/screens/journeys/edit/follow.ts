// Where something stands once a command is done: a path that was read before it still means the same
// step then, and a place still the same one between steps.
import type { Place } from '../places'
import type { Command } from './desk'

type Shift = { list: string; index: number; by: 1 | -1 }

/** Null: it is gone. */
export function followed(path: string, done: readonly Command[]): string | null {
  return done.reduce<string | null>((now, command) => now && after(now, command), path)
}

/** Where what was to stand before a step goes now: before the same one, or in its place. */
export function followedPlace({ into, index }: Place, done: readonly Command[]): Place | null {
  return done.reduce<Place | null>((now, command) => now && placeAfter(now, command), {
    into,
    index,
  })
}

/** A command as it was meant, for the steps as they stand after others; null: they are gone. */
export function rebased(command: Command, done: readonly Command[]): Command | null {
  if (done.length === 0) return command
  switch (command.edit) {
    case 'insert_step': {
      const place = followedPlace(command, done)
      return place && { ...command, ...place }
    }
    case 'move_step': {
      const [path, place] = [followed(command.path, done), followedPlace(command, done)]
      return path === null || place === null ? null : { ...command, ...place, path }
    }
    case 'new_journey':
    case 'rename_journey':
      return command
    default: {
      const path = followed(command.path, done)
      return path === null ? null : { ...command, path }
    }
  }
}

function after(path: string, command: Command): string | null {
  switch (command.edit) {
    case 'insert_step':
      return shifted(path, { list: command.into, index: command.index, by: 1 })
    case 'duplicate_step':
      return shifted(path, { ...cutOf(command.path), index: cutOf(command.path).index + 1, by: 1 })
    case 'delete_step':
    case 'remove_field':
    case 'remove_branch':
      return without(path, command.path)
    case 'move_step': {
      const { path: from } = command
      const into = without(command.into, from)
      if (into === null) return path
      const to = { list: into, index: goal(command), by: 1 as const }
      if (isIn(path, from)) return `${into}/${to.index}${path.slice(from.length)}`
      const left = without(path, from)
      return left && shifted(left, to)
    }
    default:
      return path
  }
}

function placeAfter({ into, index }: Place, command: Command): Place | null {
  const list = after(into, command)
  if (list === null) return null
  const at = { into: list, index }
  switch (command.edit) {
    case 'insert_step':
      return command.into === into && command.index <= index ? { ...at, index: index + 1 } : at
    case 'duplicate_step':
      return isBefore(command.path, { into, index }) ? { ...at, index: index + 1 } : at
    case 'delete_step':
      return isBefore(command.path, { into, index }) ? { ...at, index: index - 1 } : at
    case 'move_step': {
      const left = isBefore(command.path, { into, index }) ? index - 1 : index
      const isHere = command.into === into && goal(command) <= left
      return { ...at, index: isHere ? left + 1 : left }
    }
    default:
      return at
  }
}

/** Where a moved step comes to stand: its own place is gone by then. */
function goal({ path, into, index }: { path: string; into: string; index: number }): number {
  return isBefore(path, { into, index }) ? index - 1 : index
}

function isBefore(path: string, { into, index }: Place): boolean {
  const from = cutOf(path)
  return from.list === into && from.index < index
}

function without(path: string, gone: string): string | null {
  if (isIn(path, gone)) return null
  return shifted(path, { ...cutOf(gone), by: -1 })
}

/** A path through a list of which an item came, or went. */
function shifted(path: string, { list, index, by }: Shift): string {
  if (!path.startsWith(`${list}/`)) return path
  const [first = '', ...rest] = path.slice(list.length + 1).split('/')
  if (!/^\d+$/.test(first) || Number(first) < index) return path
  return [list, Number(first) + by, ...rest].join('/')
}

const isIn = (path: string, outer: string) => path === outer || path.startsWith(`${outer}/`)

/** A path as its list and its number there; no number is after any. */
function cutOf(path: string): { list: string; index: number } {
  const cut = path.lastIndexOf('/')
  const last = path.slice(cut + 1)
  return { list: path.slice(0, cut), index: /^\d+$/.test(last) ? Number(last) : Infinity }
}
