// Taking one identifier from somebody whose it is not: what goes, what stays, then done.
import { ActionIcon } from '@mantine/core'
import { IconUnlink } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, take } from '@/api/client'
import type { Profile } from '@/api/types'
import { useMay, useMe } from '@/app/session'
import { useGo } from '@/kit/go'
import { No } from '@/kit/no'
import { Note } from '@/kit/note'
import { Pairs } from '@/kit/pairs'
import { count, title } from '@/words/format'
import { IDENTITY } from '@/words/identity'
import { lossOf, nameOf, type PartTrial } from './parting'
import { headersOf } from './reason'
import { Sure } from './sure'

const WORDS = IDENTITY.part

type Shown = Profile['identifiers'][number]
type Props = { profile: Profile; shown: Shown; seeing: string }

export function Part({ profile, shown, seeing }: Props) {
  const [isAsked, setAsked] = useState(false)
  const may = useMay('identify')
  const { role } = useMe()
  const name = nameOf(profile.identifiers, shown)
  const isLast = profile.identifiers.length === 1
  const why = !may
    ? IDENTITY.mayNot(role)
    : isLast
      ? WORDS.last
      : name === null
        ? WORDS.hidden
        : undefined
  return (
    <>
      <ActionIcon
        size={24}
        variant="subtle"
        color="gray"
        disabled={why !== undefined}
        title={why ?? WORDS.open}
        aria-label={`${title(shown.kind)}: ${WORDS.open}`}
        onClick={() => setAsked(true)}
      >
        <IconUnlink size={14} stroke={1.7} />
      </ActionIcon>
      {isAsked && name !== null && (
        <Asked
          who={profile.person_id}
          identifier={name}
          called={name === shown.kind ? title(shown.kind) : `${title(shown.kind)} ${shown.value}`}
          seeing={seeing}
          onClose={() => setAsked(false)}
        />
      )}
    </>
  )
}

type AskedProps = {
  who: string
  identifier: string
  called: string
  seeing: string
  onClose: () => void
}

function Asked({ who, identifier, called, seeing, onClose }: AskedProps) {
  const go = useGo()
  const trial = useQuery({
    queryKey: ['part', who, identifier, seeing],
    queryFn: () =>
      take(
        api.GET('/api/people/{who}/part', {
          params: { path: { who }, query: { identifier } },
          headers: headersOf(seeing),
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
  })
  async function part(reason: string): Promise<string> {
    const body = { identifier, reason }
    const params = { path: { who } }
    const { stays } = await take(api.POST('/api/people/{who}/part', { params, body }))
    return stays.includes(who) ? who : (stays[0] ?? who)
  }
  return (
    <Sure
      deed="part"
      name={called}
      isRefused={trial.data?.goes === null || trial.data === undefined}
      act={part}
      onDone={(person) => person !== who && go(`/customers/${person}`)}
      onClose={onClose}
    >
      <No error={trial.error} />
      {trial.data !== undefined && <Told trial={trial.data} />}
    </Sure>
  )
}

function Told({ trial }: { trial: PartTrial }) {
  if (trial.goes === null) {
    return (
      <Note tone="bad" title={trial.refused?.message}>
        {trial.refused?.fix}
      </Note>
    )
  }
  const came = trial.came.reduce((sum, each) => sum + each.count, 0)
  return (
    <>
      <section aria-label={WORDS.came}>
        <h3>{WORDS.came}</h3>
        <p className="small">
          {came === 0 ? WORDS.nothing : WORDS.events(count(came), came === 1)}
        </p>
        <Pairs pairs={trial.came.map((each) => ({ name: each.name, value: count(each.count) }))} />
      </section>
      <Stays trial={trial} />
    </>
  )
}

function Stays({ trial }: { trial: PartTrial }) {
  const { traits, back, segments, journeys } = lossOf(trial)
  const pairs = [
    { name: WORDS.traits, value: traits },
    { name: WORDS.back, value: back },
    { name: WORDS.segments, value: segments },
    { name: WORDS.journeys, value: journeys },
  ].filter((pair) => pair.value.length > 0)
  const { remains_count: remains, stays } = trial
  return (
    <section aria-label={WORDS.stays}>
      <h3>{WORDS.stays}</h3>
      {stays.length > 1 && <Note tone="warn" title={WORDS.several(stays.length)} />}
      <p className="small">
        {WORDS.staysEvents(count(remains), remains === 1)} {pairs.length === 0 && WORDS.same}
      </p>
      <Pairs pairs={pairs.map((pair) => ({ ...pair, value: pair.value.map(title).join(', ') }))} />
    </section>
  )
}
