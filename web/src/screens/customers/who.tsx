// The left column: consents first, then segments, journeys, identifiers and what is known.
import { useQuery } from '@tanstack/react-query'
import { api, take } from '@/api/client'
import type { Holding, Profile, Told } from '@/api/types'
import { Chip, type ChipTone } from '@/kit/chip'
import { Go } from '@/kit/go'
import { Value } from '@/kit/mask'
import { Pairs } from '@/kit/pairs'
import { Time } from '@/kit/time'
import { CUSTOMERS } from '@/words/customers'
import { title } from '@/words/format'
import { Block } from './block'
import { Identity } from './identity'
import { Matches } from './matches'

const TONES: Readonly<Record<Holding['answer'], ChipTone>> = {
  yes: 'ok',
  no: 'bad',
  pending: 'warn',
  'never asked': 'line',
}

type Props = { profile: Profile; steps: readonly Told[]; isPast: boolean; seeing: string }

export function Who({ profile, steps, isPast, seeing }: Props) {
  const now = profile.enrollments.filter((each) => each.ended_at === null)
  return (
    <>
      {isPast ? <Said profile={profile} /> : <Consents who={profile.person_id} />}
      {profile.suppressed_address_count > 0 && (
        <p className="small quiet">{CUSTOMERS.suppressed(profile.suppressed_address_count)}</p>
      )}
      <Block title={CUSTOMERS.segments}>
        <div className="row wrap">
          {profile.segments.length === 0 && <span className="quiet">{CUSTOMERS.noSegments}</span>}
          {profile.segments.map((each) => (
            <Chip key={each.name} tone="line">
              {title(each.name)}
            </Chip>
          ))}
        </div>
      </Block>
      <Block title={CUSTOMERS.journeys}>
        {now.length === 0 ? (
          <span className="quiet small">{CUSTOMERS.noJourneys}</span>
        ) : (
          <ul aria-label={CUSTOMERS.journeys}>
            {now.map((each) => (
              <li key={each.enrollment_id} className="customer-inside">
                <Go className="link" to={`/journeys/${each.journey}`}>
                  {title(each.journey)}
                </Go>
                <small>
                  {CUSTOMERS.atStep(each.step)} <Time at={each.since} as="hourAndMinute" />
                </small>
              </li>
            ))}
          </ul>
        )}
      </Block>
      <Identity profile={profile} steps={steps} isPast={isPast} seeing={seeing} />
      {!isPast && <Matches who={profile.person_id} seeing={seeing} />}
      <Block title={CUSTOMERS.traits}>
        {profile.traits.length === 0 ? (
          <span className="quiet small">{CUSTOMERS.noTraits}</span>
        ) : (
          <Pairs
            pairs={profile.traits.map((each) => ({
              name: <span title={each.name}>{title(each.name)}</span>,
              value: <Value value={each.value} />,
            }))}
          />
        )}
      </Block>
    </>
  )
}

/** What had been said by then: the ledger knows what holds now. */
function Said({ profile }: { profile: Profile }) {
  const said = profile.consents ?? []
  return (
    <Block title={CUSTOMERS.said}>
      {said.length === 0 && <span className="quiet small">{CUSTOMERS.saidNone}</span>}
      {said.map((each) => (
        <div className="customer-consent" key={`${each.by}/${each.purpose}/${each.channel}`}>
          <span className="grow">
            {channelOf(each.channel)}
            <small>
              {title(each.purpose)}, {each.source} <Time at={each.at} as="day" />
            </small>
          </span>
          <Chip tone={each.is_granted ? 'ok' : 'bad'}>
            {CUSTOMERS.answers[each.is_granted ? 'yes' : 'no']}
          </Chip>
        </div>
      ))}
    </Block>
  )
}

function channelOf(channel: string): string {
  if (channel === '*') return CUSTOMERS.everyChannel
  return channel === '' ? CUSTOMERS.allChannels : title(channel)
}

function Consents({ who }: { who: string }) {
  const ledger = useQuery({
    queryKey: ['consents', who],
    queryFn: () => take(api.GET('/api/people/{who}/consents', { params: { path: { who } } })),
    refetchInterval: 6_000,
  })
  const present = ledger.data?.present ?? []
  const sources = new Map((ledger.data?.lines ?? []).map((line) => [line.record, line.source]))
  return (
    <Block title={CUSTOMERS.contact}>
      {ledger.data !== undefined && present.length === 0 && (
        <span className="quiet small">{CUSTOMERS.noPurposes}</span>
      )}
      {present.map((each) => (
        <div className="customer-consent" key={`${each.purpose}/${each.channel}`}>
          <span className="grow">
            {each.channel === '' ? CUSTOMERS.allChannels : title(each.channel)}
            <small>
              {title(each.purpose)}
              {each.since != null && (
                <>
                  , {sources.get(each.record)} <Time at={each.since} as="day" />
                </>
              )}
            </small>
          </span>
          <Chip tone={TONES[each.answer]}>{CUSTOMERS.answers[each.answer]}</Chip>
        </div>
      ))}
    </Block>
  )
}
