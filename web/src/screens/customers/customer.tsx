// A customer: may we contact them, what happened, and why a message went or did not.
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { IconUser } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { api, take } from '@/api/client'
import type { Profile } from '@/api/types'
import { Chip } from '@/kit/chip'
import { useParam } from '@/kit/go'
import { useTitle } from '@/kit/head'
import { Scenario } from '@/kit/scenario'
import { Time } from '@/kit/time'
import { Stale, Trouble } from '@/kit/trouble'
import { CUSTOMERS } from '@/words/customers'
import { shortId } from '@/words/notes'
import './customers.css'
import { presentOf } from './profile'
import { Reveal } from '@/kit/reveal'
import { Timeline } from './timeline-view'
import { Who } from './who'
import { WhyPane } from './why-pane'

const EVERY_MS = 4_000

export default function Customer() {
  const { who } = useParams({ strict: false }) as { who: string }
  const [reason, setReason] = useState('')
  const [message, setMessage] = useParam('message')
  const [journey, setJourney] = useParam('journey')
  useTitle(CUSTOMERS.one(shortId(who)))
  const profile = useQuery({
    queryKey: ['person', who, reason],
    queryFn: () => readProfile(who, reason),
    // Each look with a reason is on record: it is taken once, and not every few seconds.
    refetchInterval: reason === '' ? EVERY_MS : false,
    refetchOnWindowFocus: reason === '',
    staleTime: reason === '' ? 0 : Number.POSITIVE_INFINITY,
    gcTime: reason === '' ? undefined : 0,
    placeholderData: (before) => before,
  })
  if (profile.data === undefined) {
    return profile.isError ? <Trouble error={profile.error} retry={profile.refetch} /> : null
  }
  return (
    <>
      <CustomerHead
        profile={profile.data}
        reveal={
          <Reveal
            isRevealed={reason !== ''}
            refused={profile.isError ? profile.error : null}
            onReveal={setReason}
          />
        }
      />
      {reason === '' && <Stale query={profile} />}
      <div className="customer">
        <aside aria-label="Profile">
          <Who who={profile.data.person_id} profile={profile.data} />
        </aside>
        <section aria-label={CUSTOMERS.timeline}>
          <Timeline
            who={profile.data.person_id}
            chosen={message}
            onChoose={(id) => (journey === '' ? setMessage(id) : leaveJourney(id))}
            onJourney={setJourney}
          />
        </section>
        <WhyPane
          who={profile.data.person_id}
          delivery={message}
          journey={journey}
          onJourney={setJourney}
        />
      </div>
    </>
  )

  function leaveJourney(id: string) {
    setJourney('')
    setMessage(id)
  }
}

async function readProfile(who: string, reason: string): Promise<Profile> {
  const headers = reason === '' ? {} : { 'Legato-Reason': encodeURIComponent(reason) }
  const call = api.GET('/api/people/{who}', { params: { path: { who } }, headers })
  return presentOf(await take(call))
}

function CustomerHead({ profile, reveal }: { profile: Profile; reveal: ReactNode }) {
  const name = profile.traits.find((trait) => ['name', 'first_name'].includes(trait.name))?.value
  const isNamed = typeof name === 'string' && !name.includes('•')
  return (
    <header className="head customer-head">
      <span className="customer-face" aria-hidden="true">
        <IconUser size={20} stroke={1.7} />
      </span>
      <div>
        <div className="row">
          <h1>{isNamed ? name : CUSTOMERS.one(shortId(profile.person_id))}</h1>
          {profile.segments.slice(0, 2).map((each) => (
            <Chip key={each.name} tone="accent">
              {each.name.replaceAll('_', ' ')}
            </Chip>
          ))}
        </div>
        <div className="quiet small">
          <span className="mono">{profile.person_id}</span> · {CUSTOMERS.since}{' '}
          <Time at={profile.first_seen} as="day" /> · {CUSTOMERS.seen}{' '}
          <Time at={profile.last_seen} as="ago" />
        </div>
      </div>
      <span className="grow" />
      {reveal}
      <Scenario who={profile.person_id} />
    </header>
  )
}
