// What the server says of a rule: in words, what is wrong with it, and who it is true of.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useDebouncedValue } from '@mantine/hooks'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { isSame, type Json } from '../form/json'
import type { Option } from '../form/pick'
import { type ManyWords, optionsOf } from './context'

export type ShownRule = components['schemas']['ShownRule']
export type Files = Record<string, string | null>

const SETTLE_MS = 350
const LONG_MS = 60_000

export type AskedRule = components['schemas']['AskedRule']

/** `isBehind`: the answer is of the rule before. */
export function useRule(asked: AskedRule, isAsked: boolean) {
  const [settled] = useDebouncedValue(asked, SETTLE_MS)
  const query = useQuery({
    queryKey: ['rule', settled],
    queryFn: ({ signal }) => take(api.POST('/api/drawing/rule', { body: settled, signal })),
    placeholderData: keepPreviousData,
    staleTime: LONG_MS / 6,
    enabled: isAsked,
  })
  const isSettled = isSame(settled as Json, asked as Json)
  return { query, isBehind: !isSettled || query.isPlaceholderData }
}

/** Segments or journeys that are called so, of which there are too many to be told unasked. */
export async function searched(kind: ManyWords, q: string): Promise<Option[]> {
  const params = { query: { kind, q } }
  return optionsOf(await take(api.GET('/api/drawing/words', { params })))
}

/** Kinds of steps and the words of the dictionary. */
export function useKinds() {
  return useQuery({
    queryKey: ['kinds'],
    queryFn: () => take(api.GET('/api/drawing/kinds')),
    staleTime: LONG_MS,
  })
}
