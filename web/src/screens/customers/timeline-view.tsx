// The timeline: days, visits folded, and every decision a row, sent or not.
import { SegmentedControl, TextInput } from '@mantine/core'
import { IconCompass, IconSearch } from '@tabler/icons-react'
import { useMemo, useState } from 'react'
import type { Message, Told } from '@/api/types'
import { Chip, type ChipTone } from '@/kit/chip'
import { Empty } from '@/kit/empty'
import { useParam } from '@/kit/go'
import { Tile } from '@/kit/tile'
import { Time } from '@/kit/time'
import { CUSTOMERS } from '@/words/customers'
import { count, dayName, span, title, weekday } from '@/words/format'
import { lookOf } from '@/words/notes'
import { STEPS_MAX } from './life'
import {
  chosen as choose,
  folded,
  isUnsent,
  isVisit,
  reasonOf,
  type Row,
  rowsOf,
  type Visit,
} from './timeline'

const SHOWN_MAX = 250
const AT_ONCE_US = 1_000_000

type Props = {
  /** Undefined: they are not there yet. */
  steps?: readonly Told[]
  messages: readonly Message[]
  chosen: string
  onChoose: (delivery: string) => void
  /** Of a row that says why a journey did not take them in. */
  onJourney: (name: string) => void
}

export function Timeline({ steps, messages, chosen, onChoose, onJourney }: Props) {
  const [show, setShow] = useParam('show', 'all')
  const [text, setText] = useState('')
  const rows = useMemo(() => rowsOf(steps ?? [], messages), [steps, messages])
  const shown = folded(choose(rows, show, text).slice(0, SHOWN_MAX))

  return (
    <>
      <div className="row wrap">
        <SegmentedControl
          size="xs"
          aria-label="Filter the timeline"
          value={show}
          onChange={setShow}
          data={CUSTOMERS.filters.map(([value, label]) => ({ value, label }))}
        />
        <span className="grow" />
        <TextInput
          size="xs"
          w={130}
          aria-label="Search the timeline"
          placeholder="Search"
          leftSection={<IconSearch size={14} />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      </div>
      {shown.length === 0 && steps !== undefined && <Empty title={CUSTOMERS.nothing} />}
      {byDay(shown).map(([day, inside]) => (
        <section key={day} aria-label={weekday(inside[0]?.at ?? 0)}>
          <div className="day">
            {dayName(inside[0]?.at ?? 0)} <span>{weekday(inside[0]?.at ?? 0)}</span>
          </div>
          <ol>
            {inside.map((each) => (
              <li key={each.key}>
                {isVisit(each) ? (
                  <Folded visit={each} />
                ) : (
                  <Entry
                    row={each}
                    isChosen={isOf(each, chosen)}
                    onChoose={onChoose}
                    onJourney={onJourney}
                  />
                )}
              </li>
            ))}
          </ol>
        </section>
      ))}
      {steps?.length === STEPS_MAX && (
        <p className="quiet small">{CUSTOMERS.older(count(STEPS_MAX))}</p>
      )}
    </>
  )
}

function isOf(row: Row, delivery: string): boolean {
  return delivery !== '' && row.note.delivery_id === delivery
}

type EntryProps = Pick<Props, 'onChoose' | 'onJourney'> & { row: Row; isChosen: boolean }

function Entry({ row, isChosen, onChoose, onJourney }: EntryProps) {
  const look = lookOf(row.note)
  const inside = (
    <>
      <Time at={row.at} />
      <Tile icon={look.icon} kind={look.kind} />
      <span>
        <span className="event-title">
          {headline(row)}
          {row.message !== undefined && <State message={row.message} />}
        </span>
        <span className="event-more">{more(row, look.word)}</span>
      </span>
    </>
  )
  if (row.note.type === 'not_entered') {
    return (
      <button
        type="button"
        className="event"
        data-unsent="true"
        onClick={() => onJourney(String(row.note.journey))}
      >
        {inside}
      </button>
    )
  }
  if (row.note.type !== 'decided') return <div className="event">{inside}</div>
  return (
    <button
      type="button"
      className="event"
      data-unsent={isUnsent(row)}
      aria-pressed={isChosen}
      onClick={() => onChoose(isChosen ? '' : String(row.note.delivery_id))}
    >
      {inside}
    </button>
  )
}

function headline(row: Row): string {
  if (row.note.type === 'not_entered') return CUSTOMERS.notEntered(title(String(row.note.journey)))
  if (row.note.type !== 'decided') return row.sentence
  const channel = String(row.note.channel || '')
  const message = title(String(row.note.message))
  return channel === '' ? `“${message}”` : `${title(channel)} “${message}”`
}

function more(row: Row, word: string): string {
  const { note, message } = row
  const reason = reasonOf(row)
  if (note.type === 'not_entered') return capital(reason)
  if (note.type === 'admitted') return note.is_late === true ? CUSTOMERS.late(word) : word
  if (note.type !== 'decided') {
    const isSaid = row.after === '' || row.sentence.includes(row.after)
    return isSaid ? word : CUSTOMERS.after(word, row.after)
  }
  const journey = title(String(note.journey))
  if (reason !== '') return `${capital(reason)} · ${journey}`
  if (message?.state === 'sent') {
    return `${journey} · ${span(message.since - message.decided_at)} from decision to delivery`
  }
  return journey
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function State({ message }: { message: Message }) {
  const [word] = message.state.split(':')
  return <Chip tone={toneOf(word ?? '')}>{STATES[word ?? ''] ?? title(word ?? '')}</Chip>
}

const STATES: Readonly<Record<string, string>> = { suppressed: 'Not sent', queued: 'On its way' }

function toneOf(state: string): ChipTone {
  if (['sent', 'delivered', 'opened', 'clicked'].includes(state)) return 'ok'
  return ['held', 'queued'].includes(state) ? 'warn' : 'bad'
}

function Folded({ visit }: { visit: Visit }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <button
        type="button"
        className="event"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        <Time at={visit.at} as="hourAndMinute" />
        <Tile icon={IconCompass} kind="end" />
        <span>
          <span className="event-title">
            {visit.until - visit.at < AT_ONCE_US
              ? CUSTOMERS.foldAtOnce(visit.rows.length)
              : CUSTOMERS.fold(visit.rows.length, span(visit.until - visit.at))}
          </span>
          <span className="event-more">{summary(visit)}</span>
        </span>
      </button>
      {isOpen && visit.rows.map((row) => <Single key={row.key} row={row} />)}
    </>
  )
}

function Single({ row }: { row: Row }) {
  const look = lookOf(row.note)
  return (
    <div className="event">
      <Time at={row.at} />
      <Tile icon={look.icon} kind={look.kind} />
      <span className="event-title">{row.sentence}</span>
    </div>
  )
}

/** What was done in a visit, each thing once and how often: `Product Viewed 4 ×`. */
function summary(visit: Visit): string {
  const counts = new Map<string, number>()
  for (const row of visit.rows) {
    const name = String(row.note.name ?? '')
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts].map(([name, n]) => (n === 1 ? name : `${name} ${n} ×`)).join(' · ')
}

function byDay(rows: readonly (Row | Visit)[]): [string, (Row | Visit)[]][] {
  const days = new Map<string, (Row | Visit)[]>()
  for (const row of rows) {
    const name = weekday(row.at)
    const day = days.get(name)
    if (day === undefined) days.set(name, [row])
    else day.push(row)
  }
  return [...days]
}
