// Values that were seen lately, offered where one is typed: what the class of the word and the role of
// whoever looks allow, which the server decides. Asked for when somebody is about to type.
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useId, useState } from 'react'
import { api, take } from '@/api/client'
import { count } from '@/words/format'
import { RULE } from '@/words/rule'
import { SuggestedContext } from '../form/suggested'
import { type Fact, samplesOf, valuesOf } from './seen'

const FRESH_MS = 60_000

export function Suggesting({ fact, children }: { fact?: Fact; children: ReactNode }) {
  const id = useId()
  const [isAsked, setAsked] = useState(false)
  const word = fact?.word ?? ''
  const samples = useQuery({
    queryKey: ['samples', word],
    queryFn: () =>
      take(api.GET('/api/dictionary/{name}/samples', { params: { path: { name: word } } })),
    enabled: isAsked && word !== '',
    staleTime: FRESH_MS,
    retry: false,
  })
  const seen = fact === undefined ? undefined : samplesOf(samples.data ?? [], fact)
  const values = valuesOf(seen)
  return (
    <span className="rule-suggesting" onFocus={() => setAsked(true)}>
      <SuggestedContext value={values.length === 0 ? '' : id}>{children}</SuggestedContext>
      <datalist id={id}>
        {values.map(({ value, count: times }) => (
          <option key={value} value={value}>
            {RULE.suggested(count(times), count(seen?.of ?? 0))}
          </option>
        ))}
      </datalist>
    </span>
  )
}
