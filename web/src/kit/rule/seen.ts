// Which of the values that were seen lately can be offered. Pure, so that it can be tested.
import type { components } from '@/api/schema'

type Samples = components['schemas']['Samples']

/** A word of the dictionary; of an event, the path of one of its properties. */
export type Fact = { word: string; path: string }

const CUT = '…'

export function samplesOf(all: readonly Samples[], { word, path }: Fact): Samples | undefined {
  return all.find((each) => each.name === (path === '' ? word : path.replaceAll('[]', '')))
}

/** Those that are whole: one that was cut is no value. */
export function valuesOf(seen: Samples | undefined) {
  return (seen?.values ?? []).filter(({ value }) => value !== '' && !value.endsWith(CUT))
}
