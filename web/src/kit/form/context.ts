// What every field of a generated form knows.
import { createContext, type ReactNode, useContext } from 'react'
import { title as titled } from '@/words/format'
import { isObject, type Json, type JsonObject } from './json'
import type { Option } from './pick'

export type Named = Option & { schema?: JsonObject }

export type FormWords = {
  definitions: JsonObject
  onChange?: (path: string, value: Json | undefined) => void
  /** Null: any text may stand there. */
  names: (path: string) => readonly Named[] | null
  rule: (path: string, value: Json | undefined, onChange: (rule: Json) => void) => ReactNode
}

export const FormContext = createContext<FormWords>({
  definitions: {},
  names: () => null,
  rule: () => null,
})

export const useForm = () => useContext(FormContext)

type Word = { name: string; title: string; schema?: unknown }

/** Names by path for a kind of step: `wait_for/2/on` is among the events. */
export function namesOf(
  kind: { words?: Readonly<Record<string, string>> },
  words: Readonly<Record<string, readonly Word[]>>,
): FormWords['names'] {
  return (path) => {
    const pattern = path
      .split('/')
      .map((part) => (/^\d+$/.test(part) ? '*' : part))
      .join('/')
    const group = kind.words?.[pattern]
    if (group === undefined) return null
    return (words[group] ?? []).map(({ name, title, schema }) => ({
      value: name,
      label: titled(name),
      hint: title,
      ...(isObject(schema as Json) ? { schema: schema as JsonObject } : {}),
    }))
  }
}
