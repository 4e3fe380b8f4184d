// Example values of a word. The server masks them by class and by who looks.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { Card } from '@/kit/card'
import { Chip } from '@/kit/chip'
import { Pairs } from '@/kit/pairs'
import { Reveal } from '@/kit/reveal'
import { Trouble } from '@/kit/trouble'
import { DICTIONARY } from '@/words/dictionary'
import { count, share } from '@/words/format'

type Sample = components['schemas']['Samples']
type Samples = ReturnType<typeof useSamples>

export function useSamples(name: string) {
  const [reason, setReason] = useState('')
  const query = useQuery({
    queryKey: ['dictionary', 'samples', name, reason],
    queryFn: () =>
      take(
        api.GET('/api/dictionary/{name}/samples', {
          params: { path: { name } },
          headers: reason ? { 'Legato-Reason': encodeURIComponent(reason) } : {},
        }),
      ),
    // Each look with a reason is on record: it is not repeated by itself.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: reason ? 0 : undefined,
  })
  return { query, reason, setReason }
}

/** The way to see personal values, where there are some. */
export function Look({ samples: { query, reason, setReason } }: { samples: Samples }) {
  const isPersonal = reason !== '' || query.data?.some((each) => each.is_masked)
  if (!isPersonal) return null
  return <Reveal isRevealed={reason !== ''} refused={query.error} onReveal={setReason} />
}

export function OfTrait({ name }: { name: string }) {
  const samples = useSamples(name)
  const { data, isError, error, refetch } = samples.query
  const [sample] = data ?? []
  if (!isError && sample === undefined) return null
  return (
    <Card title={DICTIONARY.samples} more={<Look samples={samples} />}>
      {sample === undefined ? (
        <Trouble error={error} retry={() => refetch()} />
      ) : (
        <Pairs
          pairs={[
            { name: DICTIONARY.samplePeople, value: ofPeople(sample) },
            { name: DICTIONARY.sampleValues, value: <Values of={sample} /> },
          ]}
        />
      )}
    </Card>
  )
}

function ofPeople(sample: Sample): string {
  return DICTIONARY.sampleOf(seen(sample), count(sample.of))
}

export function seen(sample: Sample | undefined): string {
  if (sample === undefined || sample.of === 0) return ''
  return share(sample.known / sample.of)
}

export function Values({ of }: { of: Sample | undefined }) {
  if (of === undefined) return null
  if (of.is_withheld) return <span className="quiet">{DICTIONARY.sampleWithheld}</span>
  if (of.is_masked) return <span className="quiet">{DICTIONARY.sampleMasked}</span>
  const values = of.values ?? []
  if (values.length === 0) return <span className="quiet">{DICTIONARY.sampleNone}</span>
  return (
    <span className="dictionary-values">
      {values.map((each) => (
        <span key={each.value} title={`${count(each.count)} ×`}>
          <Chip tone="line">
            <span className="mono">{each.value}</span>
          </Chip>
        </span>
      ))}
    </span>
  )
}
