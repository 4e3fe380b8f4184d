// Who somebody is: what they are known by, of whom they were joined, and how; parting them again.
import { Button } from '@mantine/core'
import { useState } from 'react'
import { api, take } from '@/api/client'
import type { Profile, Told } from '@/api/types'
import { useMay, useMe } from '@/app/session'
import { Value } from '@/kit/mask'
import { Pairs } from '@/kit/pairs'
import { Time } from '@/kit/time'
import { dateOf, inline, title } from '@/words/format'
import { IDENTITY } from '@/words/identity'
import { shortId } from '@/words/notes'
import { Block } from './block'
import { type Joining, joiningsOf } from './joined'
import { Part } from './part'
import { usePastPerson } from './past'
import { Sure } from './sure'

/** `seeing`: the reason for which personal values are shown; empty: they are masked. */
type Props = { profile: Profile; steps: readonly Told[]; isPast: boolean; seeing: string }

export function Identity({ profile, steps, isPast, seeing }: Props) {
  const joinings = joiningsOf(profile.merged ?? [], steps)
  return (
    <>
      <Block title={IDENTITY.known}>
        <ul aria-label={IDENTITY.known}>
          {profile.identifiers.map((each) => (
            <li key={`${each.kind} ${each.value} ${each.since}`} className="customer-known">
              <span className="grow">
                {title(each.kind)}
                <small>
                  <Value value={each.value} />, {IDENTITY.since} <Time at={each.since} as="day" />
                </small>
              </span>
              {!isPast && <Part profile={profile} shown={each} seeing={seeing} />}
            </li>
          ))}
        </ul>
      </Block>
      <Block title={IDENTITY.joined}>
        {joinings.length === 0 ? (
          <span className="quiet small">{IDENTITY.joinedNone}</span>
        ) : (
          <ul aria-label={IDENTITY.joined}>
            {joinings.map((each) => (
              <Joined key={each.gone} who={profile.person_id} joining={each} isPast={isPast} />
            ))}
          </ul>
        )}
      </Block>
    </>
  )
}

type JoinedProps = { who: string; joining: Joining; isPast: boolean }

function Joined({ who, joining, isPast }: JoinedProps) {
  const [isAsked, setAsked] = useState(false)
  const may = useMay('identify')
  const { role } = useMe()
  return (
    <li className="customer-joined">
      <span className="grow">
        {IDENTITY.one(shortId(joining.gone))}
        <small>
          {joining.by !== '' && <>{byOf(joining.by)}, </>}
          {joining.at === null ? IDENTITY.unknownWhen : <Time at={joining.at} as="day" />}
        </small>
      </span>
      {!isPast && (
        <Button
          size="compact-xs"
          variant="default"
          disabled={!may}
          title={may ? undefined : IDENTITY.mayNot(role)}
          aria-label={`${IDENTITY.split} ${IDENTITY.one(shortId(joining.gone))}`}
          onClick={() => setAsked(true)}
        >
          {IDENTITY.split}
        </Button>
      )}
      {isAsked && (
        <Sure
          deed="split"
          name={shortId(joining.gone)}
          act={(reason) =>
            take(
              api.POST('/api/people/{who}/split', {
                params: { path: { who } },
                body: { other: joining.gone, reason },
              }),
            )
          }
          onDone={() => {}}
          onClose={() => setAsked(false)}
        >
          {joining.at !== null && <Goes gone={joining.gone} at={joining.at} />}
        </Sure>
      )}
    </li>
  )
}

/** What a person was known by just before they were joined: that goes with them again. */
function Goes({ gone, at }: { gone: string; at: number }) {
  const then = dateOf(at - 1_000).toISOString()
  const { query } = usePastPerson(gone, then, '')
  if (query.isPending) return null
  const profile = query.data?.known.profile
  return (
    <section aria-label={IDENTITY.goes}>
      <h3>{IDENTITY.goes}</h3>
      {profile === undefined ? (
        <p className="quiet small">{IDENTITY.goesUntold}</p>
      ) : (
        <>
          <p className="quiet small">{IDENTITY.goesNow}</p>
          <Pairs
            pairs={profile.identifiers.map((each) => ({
              name: title(each.kind),
              value: <Value value={each.value} />,
            }))}
          />
        </>
      )}
    </section>
  )
}

function byOf(by: string): string {
  return by.includes(':') ? IDENTITY.byHand : IDENTITY.by(inline(by))
}
