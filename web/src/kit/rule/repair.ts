// A repair that the server offers, done to the rule at hand: its commands name places, nothing else.
import type { components } from '@/api/schema'
import { at, type Json, renamedAt, withAt } from '../form/json'

export type Problem = components['schemas']['DrawnProblem']
export type Repair = components['schemas']['Repair']

/** The rule after a repair; null: it is about something outside of the rule. */
export function repaired(rule: Json, path: string, repair: Repair): Json | null {
  let whole = rule
  for (const edit of repair.edits) {
    if (!('path' in edit) || typeof edit.path !== 'string') return null
    const inner = innerOf(edit.path, path)
    if (inner === null) return null
    switch (edit.edit) {
      case 'set_field':
        whole = withAt(whole, inner, edit.value as Json)
        break
      case 'remove_field':
        whole = withAt(whole, inner, undefined)
        break
      case 'rename_field':
        whole = renamedAt(whole, inner, edit.key)
        break
      default:
        return null
    }
  }
  return whole
}

/** Where a problem stands in the rule, as far as it is there. */
export function partAt(rule: Json, path: string, problem: Problem): Json | undefined {
  const inner = innerOf(problem.path ?? '', path)
  return inner === null ? undefined : at(rule, inner)
}

function innerOf(path: string, before: string): string | null {
  if (before === '' || path === before) return path === before ? '' : path
  return path.startsWith(`${before}/`) ? path.slice(before.length + 1) : null
}
