// Why: the question, the answer in one sentence, the checks in order, what would have changed it.
import { Button, SegmentedControl } from '@mantine/core'
import { IconCheck, IconHistory, IconLink, IconSparkles } from '@tabler/icons-react'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { Answer } from '@/api/types'
import { Go, useParam } from '@/kit/go'
import { type MarkState, RoundMark } from '@/kit/mark'
import { Time } from '@/kit/time'
import { WHY } from '@/words/customers'
import { dateOf, inline, title } from '@/words/format'
import { PAST } from '@/words/past'
import { type Check, checksOf, shortSentence } from './checks'

const MICROS_PER_MS = 1_000

type Otherwise = NonNullable<Answer['otherwise']>
type Props = { answer: Answer; otherwise: Otherwise | null }

export function WhyCard({ answer, otherwise, isPast = false }: Props & { isPast?: boolean }) {
  return (
    <>
      <article className="why">
        <header className="why-head">
          <p className="why-question">{question(answer)}</p>
          <h2 className="why-answer">{shortSentence(answer)}</h2>
        </header>
        <Weighings answer={answer} />
        {answer.weighed.length === 0 && <Way answer={answer} />}
        {answer.instead != null && <Instead instead={answer.instead} />}
        {!answer.is_sent && <Change answer={answer} otherwise={otherwise} />}
        <Acts answer={answer} isPast={isPast} />
      </article>
      <p className="why-recorded">
        {WHY.recorded} <span className="mono">{answer.delivery_id}</span>
      </p>
    </>
  )
}

function question(answer: Answer): string {
  if (answer.message === '') return WHY.whyJourney(title(answer.journey))
  const name = title(answer.message)
  return answer.is_sent ? WHY.whySo(name) : WHY.whyNot(name)
}

function Weighings({ answer }: { answer: Answer }) {
  const chosen = Math.max(
    answer.weighed.findIndex((each) => each.is_chosen),
    0,
  )
  const [at, setAt] = useState(String(chosen))
  const weighing = answer.weighed[Number(at)] ?? answer.weighed[0]
  if (weighing === undefined) return null
  return (
    <>
      {answer.weighed.length > 1 && (
        <div className="why-channels">
          <SegmentedControl
            size="xs"
            aria-label={WHY.channel}
            value={at}
            onChange={setAt}
            data={answer.weighed.map((each, index) => ({
              value: String(index),
              label: `${title(each.channel)}${each.moment === 'sending' ? ', sending' : ''}`,
            }))}
          />
        </div>
      )}
      <ol className="checks" aria-label={WHY.checks}>
        {checksOf(answer, weighing).map((check) => (
          <CheckLine key={check.key} check={check} />
        ))}
      </ol>
    </>
  )
}

const SAID: Readonly<Record<MarkState, string>> = {
  pass: WHY.passed,
  refuse: WHY.decided,
  after: WHY.alsoClosed,
  hold: WHY.decided,
  none: WHY.notReached,
}

function CheckLine({ check }: { check: Check }) {
  return (
    <li className="check" data-state={check.isAfter ? 'after' : check.state}>
      <RoundMark state={check.isAfter ? 'after' : check.state} />
      <div>
        <h3>
          {check.title}
          <span className="sr"> {check.isAfter ? WHY.alsoClosed : SAID[check.state]}</span>
        </h3>
        <p>{check.seen}</p>
      </div>
      {check.at !== undefined && <Time at={check.at} />}
    </li>
  )
}

function Way({ answer }: { answer: Answer }) {
  if (answer.way.length === 0) return null
  return (
    <ol className="checks" aria-label={WHY.way}>
      {answer.way.map((stage, index) => (
        <li className="check" key={`${stage.position}-${index}`}>
          <RoundMark state="none" />
          <div>
            <p>{stage.what}</p>
          </div>
          <Time at={stage.at} />
        </li>
      ))}
    </ol>
  )
}

/** The first moment that an address can name at which this had happened. */
function justAfter(at: number): string {
  return dateOf(at + MICROS_PER_MS - 1).toISOString()
}

type Went = NonNullable<Answer['instead']>

function Instead({ instead }: { instead: Went }) {
  const { who } = useParams({ strict: false }) as { who: string }
  return (
    <div className="why-foot">
      <h3>{WHY.instead}</h3>
      {instead.length === 0 ? (
        <p className="quiet">{WHY.insteadNone}</p>
      ) : (
        <ul className="why-instead" aria-label={WHY.instead}>
          {instead.map((one) => (
            <li key={one.delivery_id}>
              <span>
                <Go className="link" to={`/customers/${who}`} search={{ message: one.delivery_id }}>
                  {WHY.insteadOf(title(one.message), title(one.channel), title(one.journey))}
                </Go>
                <small>{WHY.relations[one.relation]}</small>
              </span>
              <Time at={one.at} />
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

function Change({ answer, otherwise }: Props) {
  if (answer.would_change === '' && otherwise === null) return null
  const computed = otherwise ?? []
  // Of what was taken back on its way, nobody knows whether its destination had taken it.
  const isTakenBack = ['revoked', 'expired'].includes(answer.kind)
  const words = isTakenBack ? WHY.freeToGo : WHY.byChannel
  return (
    <div className="why-foot">
      <div>
        <h3>{WHY.change}</h3>
        {otherwise === null ? (
          <Line>{answer.would_change}</Line>
        ) : computed.length === 0 ? (
          <Line>{WHY.nothingAlone}</Line>
        ) : (
          computed.map((each) => (
            <Line key={`${each.channel} ${each.changes.join()}`}>
              {capital(words(each.changes.join(', and '), inline(each.channel)))}
            </Line>
          ))
        )}
        {otherwise !== null && <p className="quiet">{WHY.computed}</p>}
      </div>
    </div>
  )
}

function Line({ children }: { children: string }) {
  return (
    <div className="row" style={{ alignItems: 'flex-start' }}>
      <IconSparkles size={15} color="var(--listen)" aria-hidden="true" style={{ flex: 'none' }} />
      <span className="pretty">{children}</span>
    </div>
  )
}

function Acts({ answer, isPast }: { answer: Answer; isPast: boolean }) {
  const [, setAt] = useParam('at')
  const [isCopied, setCopied] = useState(false)
  async function copy() {
    await navigator.clipboard.writeText(location.href)
    setCopied(true)
  }
  return (
    <div className="why-acts">
      <Button
        size="xs"
        variant="default"
        leftSection={isCopied ? <IconCheck size={14} /> : <IconLink size={14} />}
        onClick={() => void copy()}
      >
        {isCopied ? WHY.copied : WHY.copy}
      </Button>
      {!isPast && answer.at != null && (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconHistory size={14} />}
          onClick={() => setAt(justAfter(answer.at ?? 0))}
        >
          {PAST.then}
        </Button>
      )}
    </div>
  )
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
