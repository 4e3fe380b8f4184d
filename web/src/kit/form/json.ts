// Values as definitions hold them, and changing one at a path without touching what stands beside it.
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export type JsonObject = { readonly [key: string]: Json }

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

/** A key as part of a path: `/` is `~1`, `~` is `~0`. */
export const keyPart = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1')

export const joined = (...parts: readonly string[]) => parts.filter(Boolean).join('/')

const partsOf = (path: string) =>
  path === '' ? [] : path.split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))

/** What stands at a path; undefined: nothing. */
export function at(value: Json | undefined, path: string): Json | undefined {
  let found = value
  for (const part of partsOf(path)) {
    if (isList(found)) found = found[Number(part)]
    else if (isObject(found)) found = found[part]
    else return undefined
  }
  return found
}

/** The whole with another value at a path; undefined takes the key or the item out. */
export function withAt(value: Json, path: string, put: Json | undefined): Json {
  const [first, ...rest] = partsOf(path)
  if (first === undefined) return put ?? {}
  const under = rest.map(keyPart).join('/')
  if (isList(value)) {
    const index = Number(first)
    if (under === '' && put === undefined) return value.filter((_, number) => number !== index)
    return value.map((item, number) => (number === index ? withAt(item, under, put) : item))
  }
  const fields = isObject(value) ? value : {}
  if (under === '' && put === undefined) return without(fields, first)
  const inner = under === '' ? (put ?? {}) : withAt(fields[first] ?? {}, under, put)
  return { ...fields, [first]: inner }
}

/** The whole with a key under another name, where it stood. */
export function renamedAt(value: Json, path: string, key: string): Json {
  const parts = partsOf(path)
  const last = parts.pop()
  const above = parts.map(keyPart).join('/')
  const fields = at(value, above)
  if (last === undefined || !isObject(fields)) return value
  const entries = Object.entries(fields).map(([name, each]) => [name === last ? key : name, each])
  return withAt(value, above, Object.fromEntries(entries) as JsonObject)
}

export function without(fields: JsonObject, ...keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => !keys.includes(key)))
}

/** The fields with one of them set, or taken out where there is nothing. */
export function withField(fields: JsonObject, key: string, value: Json | undefined): JsonObject {
  return value === undefined ? without(fields, key) : { ...fields, [key]: value }
}

export function isSame(one: Json | undefined, other: Json | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
