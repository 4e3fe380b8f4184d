// The right column: the explanation of one decision, or of a journey that is not in the timeline.
import { Button, Menu, Skeleton, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { IconChevronDown } from '@tabler/icons-react'
import { useState } from 'react'
import { api, take } from '@/api/client'
import { useJourneys } from '@/api/queries'
import { Empty } from '@/kit/empty'
import { Trouble } from '@/kit/trouble'
import { WHY } from '@/words/customers'
import { Coming } from './as-of'
import { usePastAnswer } from './past'
import { WhyCard } from './why-card'

type Props = {
  who: string
  delivery: string
  journey: string
  /** As of when; empty: now. */
  at: string
  onJourney: (name: string) => void
}

export function WhyPane({ who, delivery, journey, at, onJourney }: Props) {
  const isAsked = delivery !== '' || journey !== ''
  return (
    <aside aria-label={WHY.title} aria-live="polite">
      {isAsked && at !== '' ? (
        <ExplainedThen
          who={who}
          delivery={journey === '' ? delivery : ''}
          journey={journey}
          at={at}
        />
      ) : isAsked ? (
        <Explained who={who} delivery={journey === '' ? delivery : ''} journey={journey} />
      ) : (
        <Empty title={WHY.choose} action={<WhyNot onJourney={onJourney} />}>
          {WHY.chooseWhy}
        </Empty>
      )}
    </aside>
  )
}

const SHOWN_MAX = 40
const SETTLE_MS = 150
const COMPUTED = ['refused', 'revoked', 'expired']

type Asked = { who: string; delivery: string; journey: string }

function Explained({ who, delivery, journey }: Asked) {
  const ask = (isComputed: boolean) =>
    take(
      api.GET('/api/people/{who}/why', {
        params: { path: { who }, query: { delivery, journey, what_if: isComputed } },
      }),
    )
  const answer = useQuery({
    queryKey: ['why', who, delivery, journey],
    queryFn: () => ask(false),
  })
  // Taking a decision again costs the server more than reading it: after the answer is there.
  const computed = useQuery({
    queryKey: ['why', who, delivery, journey, 'otherwise'],
    queryFn: () => ask(true),
    enabled: COMPUTED.includes(answer.data?.kind ?? ''),
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (answer.data === undefined) {
    return answer.isError ? (
      <Trouble error={answer.error} retry={answer.refetch} />
    ) : (
      <Skeleton h={380} radius={14} />
    )
  }
  return <WhyCard answer={answer.data} otherwise={computed.data?.otherwise ?? null} />
}

/** As it would have been answered then: it takes as long as their records are many. */
function ExplainedThen({ who, delivery, journey, at }: Asked & { at: string }) {
  const asked = { at, of: 'why', delivery, journey } as const
  const answer = usePastAnswer(who, asked, true)
  const kind = answer.query.data?.kind
  const isRefused = kind === 'refused' || kind === 'revoked'
  const computed = usePastAnswer(who, { ...asked, what_if: true }, isRefused)
  const { data, isError, error, refetch } = answer.query
  if (data === undefined) {
    return isError ? <Trouble error={error} retry={refetch} /> : <Coming come={answer.come} />
  }
  return <WhyCard answer={data} otherwise={computed.query.data?.otherwise ?? null} isPast />
}

function WhyNot({ onJourney }: { onJourney: (name: string) => void }) {
  const [typed, setTyped] = useState('')
  const [settled] = useDebouncedValue(typed, SETTLE_MS)
  const journeys = useJourneys(settled, SHOWN_MAX)
  const found = journeys.data ?? []
  return (
    <Menu position="bottom" withinPortal>
      <Menu.Target>
        <Button size="xs" variant="default" mt={6} rightSection={<IconChevronDown size={14} />}>
          {WHY.whyNotThis}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {(typed !== '' || found.length === SHOWN_MAX) && (
          <TextInput
            size="xs"
            p={4}
            aria-label={WHY.findJourney}
            placeholder={WHY.findJourney}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        )}
        {found.map((each) => (
          <Menu.Item key={each.name} onClick={() => onJourney(each.name)}>
            {each.title || each.name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
