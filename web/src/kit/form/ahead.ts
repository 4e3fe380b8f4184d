// Changes that are not answered yet. Each is kept with what it was made of: where the fields are
// others by its turn, as after a refusal of the change before it, it still changes its own part alone.
import { at, isList, isObject, isSame, type Json, type JsonObject, withAt } from './json'

export type Change = {
  field: string
  /** All the fields, as whoever made the change saw them. */
  seen: JsonObject
  /** Undefined: it is taken out. */
  to: Json | undefined
}

export type Put = { field: string; value: Json | undefined }

/** What a change comes to for the fields as they are; null: nothing. */
export function putOf(fields: JsonObject, change: Change): Put | null {
  const { seen, to } = change
  const field = placeOf(fields, change)
  const now = at(fields, field)
  const value = changed(at(seen, field), at(withAt(seen, change.field, to), field), now)
  return isSame(value, now) ? null : { field, value }
}

/** The fields as they will be once every change is answered, as far as none is refused. */
export function withChanges(fields: JsonObject, changes: readonly Change[]): JsonObject {
  return changes.reduce((before, change) => {
    const put = putOf(before, change)
    return put === null ? before : (withAt(before, put.field, put.value) as JsonObject)
  }, fields)
}

/** Items go by their number, which in another list is another item's: that list is put as a whole. */
function placeOf(fields: JsonObject, { field, seen }: Change): string {
  const parts = field.split('/')
  const above = parts.map((_, number) => parts.slice(0, number).join('/')).slice(1)
  const moved = above.find((path) => {
    const [before, now] = [at(seen, path), at(fields, path)]
    return (isList(before) || isList(now)) && !isSame(before, now)
  })
  return moved ?? field
}

type Value = Json | undefined

/** `now`, with what made `to` of `seen`; where that has no ground any more, `to` as it was seen. */
function changed(seen: Value, to: Value, now: Value): Value {
  if (isSame(seen, now)) return to
  if (isSame(seen, to)) return now
  if (isObject(seen) && isObject(to) && isObject(now)) return changedFields(seen, to, now)
  if (isList(seen) && isList(to) && isList(now)) return changedItems(seen, to, now)
  return to
}

function changedFields(seen: JsonObject, to: JsonObject, now: JsonObject): JsonObject {
  const isGroundless = Object.keys(to).some(
    (key) => key in seen && !(key in now) && !isSame(seen[key], to[key]),
  )
  if (isGroundless) return to
  const fields: Record<string, Json> = {}
  for (const key of new Set([...Object.keys(now), ...Object.keys(to)])) {
    const value = changed(seen[key], to[key], now[key])
    if (value !== undefined) fields[key] = value
  }
  return fields
}

type Items = readonly Json[]

function changedItems(seen: Items, to: Items, now: Items): Items {
  const most = Math.min(seen.length, to.length)
  let start = 0
  while (start < most && isSame(seen[start], to[start])) start += 1
  let end = 0
  while (end < most - start && isSame(seen.at(-1 - end), to.at(-1 - end))) end += 1
  const before = seen.slice(start, seen.length - end)
  const after = to.slice(start, to.length - end)
  const place = whereIn(now, before, seen[start])
  if (place !== -1) return now.toSpliced(place, before.length, ...after)
  if (seen.length !== now.length || seen.length !== to.length) return to
  return now.map((item, number) => changed(seen[number], to[number], item) ?? item)
}

/** Where items stand; of none, where the one stands that they came before, or else the end. */
function whereIn(now: Items, items: Items, next: Value): number {
  if (items.length === 0 && next === undefined) return now.length
  const wanted = items.length === 0 && next !== undefined ? [next] : items
  return now.findIndex((_, number) => isSame(now.slice(number, number + wanted.length), wanted))
}
