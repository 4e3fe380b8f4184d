// A customer: may we contact them, what happened, and why a message went or did not; now or then.
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { IconUser } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { api, take } from '@/api/client'
import type { Message, Profile, Told } from '@/api/types'
import { Chip } from '@/kit/chip'
import { Go, useParam } from '@/kit/go'
import { Head, useTitle } from '@/kit/head'
import { Reveal } from '@/kit/reveal'
import { Scenario } from '@/kit/scenario'
import { Time } from '@/kit/time'
import { Stale, Trouble } from '@/kit/trouble'
import { CUSTOMERS } from '@/words/customers'
import { shortId } from '@/words/notes'
import { AGAIN } from '@/words/again'
import { AsOf, Coming, PastBand } from './as-of'
import './customers.css'
import { usePastPerson } from './past'
import { presentOf } from './profile'
import { headersOf } from './reason'
import { Timeline } from './timeline-view'
import { useLife } from './life'
import { Who } from './who'
import { WhyPane } from './why-pane'

const EVERY_MS = 4_000

export default function Customer() {
  const { who } = useParams({ strict: false }) as { who: string }
  const [at, setAt] = useParam('at')
  useTitle(CUSTOMERS.one(shortId(who)))
  return at === '' ? (
    <Now key={who} who={who} onAt={setAt} />
  ) : (
    <Then key={`${who} ${at}`} who={who} at={at} onAt={setAt} />
  )
}

type Moment = { who: string; onAt: (at: string) => void }

function Now({ who, onAt }: Moment) {
  const [reason, setReason] = useState('')
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
  const life = useLife(profile.data?.person_id ?? '')
  if (profile.data === undefined) {
    return profile.isError ? <Trouble error={profile.error} retry={profile.refetch} /> : null
  }
  const refused = profile.isError ? profile.error : null
  return (
    <Shown
      profile={profile.data}
      steps={life.story.data}
      messages={life.messages.data}
      seeing={reason}
      acts={
        <>
          <AsOf at="" onAt={onAt} />
          <Reveal isRevealed={reason !== ''} refused={refused} onReveal={setReason} />
          <Scenario who={profile.data.person_id} />
          <Go className="customer-again" to={`/customers/${profile.data.person_id}/again`}>
            {AGAIN.open}
          </Go>
        </>
      }
    >
      {reason === '' && <Stale query={profile} />}
      {life.story.isError && life.story.data === undefined && (
        <Trouble error={life.story.error} retry={life.story.refetch} />
      )}
    </Shown>
  )
}

function Then({ who, at, onAt }: Moment & { at: string }) {
  const [reason, setReason] = useState('')
  const { query, come } = usePastPerson(who, at, reason)
  const back = () => onAt('')
  const band = <PastBand at={at} withheld={query.data?.known.withheld ?? []} onNow={back} />
  if (query.data === undefined) {
    return (
      <>
        <Head title={CUSTOMERS.one(shortId(who))} />
        {band}
        {query.isError ? (
          <Trouble error={query.error} retry={query.refetch} />
        ) : (
          <Coming come={come} />
        )}
      </>
    )
  }
  const { known, steps, messages } = query.data
  return (
    <Shown
      profile={known.profile}
      steps={steps}
      messages={messages}
      at={at}
      acts={
        <>
          <AsOf at={at} onAt={onAt} />
          <Reveal isRevealed={reason !== ''} refused={null} onReveal={setReason} />
        </>
      }
    >
      {band}
    </Shown>
  )
}

type ShownProps = {
  profile: Profile
  /** Undefined: they are not there yet. */
  steps?: readonly Told[]
  messages?: readonly Message[]
  /** Empty: it is of now. */
  at?: string
  /** The reason for which personal values are shown; empty: they are masked. */
  seeing?: string
  acts: ReactNode
  children: ReactNode
}

function Shown({ profile, steps, messages, at = '', seeing = '', ...more }: ShownProps) {
  const [message, setMessage] = useParam('message')
  const [journey, setJourney] = useParam('journey')
  return (
    <>
      <CustomerHead profile={profile}>{more.acts}</CustomerHead>
      {more.children}
      <div className="customer" data-past={at !== ''}>
        {/* Of the past there is nothing to press in it: it is scrolled by keys all the same. */}
        <aside aria-label="Profile" tabIndex={at === '' ? undefined : 0}>
          <Who profile={profile} steps={steps ?? []} isPast={at !== ''} seeing={seeing} />
        </aside>
        <section aria-label={CUSTOMERS.timeline}>
          <Timeline
            steps={steps}
            messages={messages ?? []}
            chosen={message}
            onChoose={(id) => {
              if (journey !== '') setJourney('')
              setMessage(id)
            }}
            onJourney={setJourney}
          />
        </section>
        <WhyPane
          who={profile.person_id}
          delivery={message}
          journey={journey}
          at={at}
          onJourney={setJourney}
        />
      </div>
    </>
  )
}

async function readProfile(who: string, reason: string): Promise<Profile> {
  const params = { path: { who } }
  const call = api.GET('/api/people/{who}', { params, headers: headersOf(reason) })
  return presentOf(await take(call))
}

function CustomerHead({ profile, children }: { profile: Profile; children: ReactNode }) {
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
      {children}
    </header>
  )
}
