// What kind of field a part of a JSON Schema is drawn as. Which values are right is said by the server.
import { isList, isObject, type Json, type JsonObject } from './json'

export type Schema = JsonObject

export type Drawn =
  | { kind: 'text' | 'number' | 'whole' | 'boolean' | 'true' | 'duration' | 'time' | 'share' }
  | { kind: 'days' | 'rule' | 'steps' | 'values' | 'json' }
  | { kind: 'choice'; options: readonly string[] }
  | { kind: 'names'; isMany: boolean }
  | { kind: 'list'; items: Schema }
  | { kind: 'fields'; schema: Schema }

const NAMED: Readonly<Record<string, Drawn>> = {
  duration: { kind: 'duration' },
  time: { kind: 'time' },
  share: { kind: 'share' },
  weekdays: { kind: 'days' },
  condition: { kind: 'rule' },
  steps: { kind: 'steps' },
  names: { kind: 'names', isMany: true },
}

export function resolved(schema: Schema, definitions: JsonObject): Schema {
  const name = refOf(schema)
  const found = name === '' ? undefined : definitions[name]
  return isObject(found) ? { ...found, ...schema } : schema
}

/** By the schema; where it allows several forms, by the one that the value has. */
export function drawnOf(schema: Schema, value: Json | undefined, definitions: JsonObject): Drawn {
  const named = NAMED[refOf(schema)]
  if (named !== undefined) return named
  const whole = resolved(schema, definitions)
  if (isList(whole.anyOf)) return choiceOf(whole.anyOf, value, definitions)
  if (isList(whole.enum) && whole.enum.every((each) => typeof each === 'string')) {
    return { kind: 'choice', options: whole.enum }
  }
  if (whole.const === true) return { kind: 'true' }
  switch (isList(whole.type) ? whole.type[0] : whole.type) {
    case 'string':
      return { kind: 'text' }
    case 'integer':
      return { kind: 'whole' }
    case 'number':
      return { kind: 'number' }
    case 'boolean':
      return { kind: 'boolean' }
    case 'array':
      return isObject(whole.items) ? { kind: 'list', items: whole.items } : { kind: 'json' }
    case 'object':
      if (isObject(whole.properties)) return { kind: 'fields', schema: whole }
      return { kind: 'values' }
    default:
      return { kind: 'json' }
  }
}

/** The form that the value has; nothing there yet: the first. */
function choiceOf(forms: readonly Json[], value: Json | undefined, definitions: JsonObject): Drawn {
  const schemas = forms.filter(isObject)
  const fitting = schemas.find((each) => fits(resolved(each, definitions), value, definitions))
  const chosen = value === undefined ? schemas[0] : fitting
  return chosen === undefined ? { kind: 'json' } : drawnOf(chosen, value, definitions)
}

function fits(schema: Schema, value: Json | undefined, definitions: JsonObject): boolean {
  if (isList(schema.anyOf)) {
    return schema.anyOf
      .filter(isObject)
      .some((each) => fits(resolved(each, definitions), value, definitions))
  }
  if (isList(schema.enum)) return schema.enum.includes(value ?? null)
  const types = isList(schema.type) ? schema.type : [schema.type]
  if (isList(value)) return types.includes('array')
  if (isObject(value)) return types.includes('object')
  if (typeof value === 'number') return types.includes('number') || types.includes('integer')
  return types.includes(typeof value)
}

function refOf(schema: Schema): string {
  return typeof schema.$ref === 'string' ? (schema.$ref.split('/').pop() ?? '') : ''
}

/** The forms of a value that may have several, each as the kind of field it is drawn as. */
export function formsOf(schema: Schema, definitions: JsonObject): readonly Schema[] {
  const whole = resolved(schema, definitions)
  return NAMED[refOf(schema)] === undefined && isList(whole.anyOf)
    ? whole.anyOf.filter(isObject)
    : []
}

/** What something of a schema begins as. */
export function firstOf(schema: Schema, definitions: JsonObject): Json {
  const drawn = drawnOf(schema, undefined, definitions)
  switch (drawn.kind) {
    case 'whole':
    case 'number':
      return 1
    case 'boolean':
    case 'true':
      return true
    case 'duration':
      return '1d'
    case 'time':
      return '09:00'
    case 'share':
      return '50%'
    case 'choice':
      return drawn.options[0] ?? ''
    case 'rule':
    case 'values':
      return {}
    case 'days':
    case 'list':
    case 'steps':
      return []
    case 'fields':
      return Object.fromEntries(
        requiredOf(drawn.schema).map((key) => [
          key,
          firstOf(partOf(drawn.schema, key), definitions),
        ]),
      )
    case 'names':
    case 'text':
    case 'json':
      return ''
  }
}

export function requiredOf(schema: Schema): string[] {
  return isList(schema.required) ? schema.required.map(String) : []
}

export function partOf(schema: Schema, key: string): Schema {
  const part = isObject(schema.properties) ? schema.properties[key] : undefined
  return isObject(part) ? part : {}
}

export const hintOf = (schema: Schema) =>
  typeof schema.description === 'string' ? schema.description : ''
