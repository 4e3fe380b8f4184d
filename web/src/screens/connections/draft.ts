// A destination or a source as a form has it, before it is proposed. Pure, so that it can be tested.
import type { components } from '@/api/schema'
import { isList, isObject, type Json, type JsonObject } from '@/kit/form/json'

type FieldProblem = components['schemas']['FieldProblem']

/** Return a definition with another value at one of its fields; without it where there is none. */
export function withField(fields: JsonObject, name: string, value: Json | undefined): JsonObject {
  if (value !== undefined) return { ...fields, [name]: value }
  return Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name))
}

export function withSetting(fields: JsonObject, name: string, value: Json | undefined): JsonObject {
  const before = isObject(fields.settings) ? fields.settings : {}
  const settings = withField(before, name, value)
  return withField(fields, 'settings', Object.keys(settings).length === 0 ? undefined : settings)
}

/** As `retry` has `first`: another value inside of a field, which goes when nothing is left in it. */
export function withInner(
  fields: JsonObject,
  outer: string,
  name: string,
  value: Json | undefined,
): JsonObject {
  const inner = withField(innerOf(fields, outer), name, value)
  return withField(fields, outer, Object.keys(inner).length === 0 ? undefined : inner)
}

export function innerOf(fields: JsonObject, outer: string): JsonObject {
  const inner = fields[outer]
  return isObject(inner) ? inner : {}
}

export type Rate = { limit: string; shared: string }

/** `50/s`, or `{limit: 50/s, shared: NAME}`. */
export function rateOf(fields: JsonObject): Rate {
  const { rate } = fields
  if (!isObject(rate)) return { limit: textOf(rate), shared: '' }
  return { limit: textOf(rate.limit), shared: textOf(rate.shared) }
}

export function withRate(fields: JsonObject, { limit, shared }: Rate): JsonObject {
  if (shared === '') return withField(fields, 'rate', limit === '' ? undefined : limit)
  return withField(fields, 'rate', limit === '' ? { shared } : { limit, shared })
}

/** NAME of `{secret: NAME}`. */
export function secretNameOf(value: Json | undefined): string | null {
  if (!isObject(value) || typeof value.secret !== 'string') return null
  return value.secret
}

/** `Order Completed, Signed Up` as a list, and back. */
export function namesIn(text: string): string[] {
  return text
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean)
}

export function textOf(value: Json | undefined): string {
  if (isList(value)) return value.map(String).join(', ')
  return value === undefined || value === null ? '' : String(value)
}

const WITH_INNER = ['settings', 'retry', 'when_down', 'alert']

/** What is wrong, by the field it is in: of a setting, by the setting; of `retry`, by its part. */
export function mistakesIn(problems: readonly FieldProblem[]): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const { path, problem } of problems) {
    const named = /setting `(\w+)`/.exec(problem.what)?.[1]
    const parts = (named === undefined ? path : `settings/${named}`).split('/')
    const key = parts.slice(0, WITH_INNER.includes(parts[0] ?? '') ? 2 : 1).join('/')
    found.set(key, [
      ...(found.get(key) ?? []),
      `${sentence(problem.what)} ${sentence(problem.fix)}`,
    ])
  }
  return found
}

/** A free name for another destination of a connector: `slack`, `slack_2`. */
export function freeName(connector: string, taken: readonly string[]): string {
  const base = connector.replaceAll(/[^a-z0-9_]/g, '_')
  if (!taken.includes(base)) return base
  let number = 2
  while (taken.includes(`${base}_${number}`)) number += 1
  return `${base}_${number}`
}

function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(begun) ? begun : `${begun}.`
}
