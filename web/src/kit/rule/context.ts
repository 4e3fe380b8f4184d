// What every row of a rule knows: the words of the dictionary, and whether it may be changed.
import { createContext, useContext } from 'react'
import type { components } from '@/api/schema'
import { title } from '@/words/format'
import type { Option } from '../form/pick'

export type DictionaryWord = components['schemas']['Word']
export type Kinds = components['schemas']['ShownKinds']

export type ManyWords = NonNullable<Kinds['cut']>[number]

export type RuleWords = {
  of: (kind: string) => readonly DictionaryWord[]
  /** Kinds of which there are more words than were told. */
  cut: readonly ManyWords[]
  isReadOnly: boolean
}

export const RuleContext = createContext<RuleWords>({ of: () => [], cut: [], isReadOnly: true })

export const useWords = () => useContext(RuleContext)

/** Words to choose from, by the name that people call them. */
export function optionsOf(words: readonly DictionaryWord[], group?: string): Option[] {
  return words.map((word) => ({
    value: word.name,
    label: title(word.name),
    hint: word.title,
    group,
  }))
}
