// Somebody as of a moment of the past, told line by line: how far it has come, then what was.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, Refused, take } from '@/api/client'
import { linesOf } from '@/api/lines'
import type { Answer, Message, PastProfile, Refusal, Told } from '@/api/types'

export type PastPerson = { known: PastProfile; steps: Told[]; messages: Message[] }
export type Come = { phase: 'rules' | 'records'; done: number; of: number }
export type PastLine = Come & {
  person: PastPerson | null
  answer: Answer | null
  refused: Refusal | null
}

const REFUSED = 409

type Asked = {
  at: string
  of: 'person' | 'why'
  journey?: string
  delivery?: string
  what_if?: boolean
}

/** Return the last line; `hear` is told how far it has come before that. */
export async function readPast(
  who: string,
  asked: Asked,
  more: { reason?: string; signal: AbortSignal; hear: (come: Come) => void },
): Promise<PastLine> {
  const { reason = '' } = more
  const body = await take(
    api.GET('/api/people/{who}/past', {
      params: { path: { who }, query: asked },
      headers: reason === '' ? {} : { 'Legato-Reason': encodeURIComponent(reason) },
      parseAs: 'stream',
      signal: more.signal,
    }),
  )
  let last: PastLine | undefined
  for await (const line of linesOf(body as ReadableStream<Uint8Array>)) {
    last = JSON.parse(line) as PastLine
    more.hear(last)
  }
  if (last === undefined) throw new Refused(REFUSED, EMPTY)
  if (last.refused !== null) throw new Refused(REFUSED, last.refused)
  return last
}

const EMPTY: Refusal = {
  code: 'past.ended',
  message: 'Legato ended its answer before it was whole.',
  fix: 'Ask again.',
}

/** What was is what was: it is asked for once, and says how far it is until it is there. */
function useTold<Found>(
  key: readonly unknown[],
  isAsked: boolean,
  read: (signal: AbortSignal, hear: (come: Come) => void) => Promise<Found>,
  isKept = true,
) {
  const [come, setCome] = useState<Come | null>(null)
  const query = useQuery({
    queryKey: ['past', ...key],
    queryFn: ({ signal }) => {
      setCome(null)
      return read(signal, setCome)
    },
    enabled: isAsked,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: isKept ? undefined : 0,
    refetchOnWindowFocus: false,
    retry: false,
  })
  return { query, come }
}

export function usePastPerson(who: string, at: string, reason: string) {
  return useTold(
    [who, at, 'person', reason],
    at !== '',
    async (signal, hear) => {
      const line = await readPast(who, { at, of: 'person' }, { reason, signal, hear })
      if (line.person === null) throw new Refused(REFUSED, EMPTY)
      return line.person
    },
    reason === '',
  )
}

export function usePastAnswer(who: string, asked: Asked, isAsked: boolean) {
  return useTold([who, asked], isAsked, async (signal, hear) => {
    const line = await readPast(who, asked, { signal, hear })
    if (line.answer === null) throw new Refused(REFUSED, EMPTY)
    return line.answer
  })
}
