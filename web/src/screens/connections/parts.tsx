// What all screens of the connections have in common: their parts, and a state in words.
import { Tooltip } from '@mantine/core'
import '@mantine/core/styles/Tooltip.css'
import { IconBell } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { components } from '@/api/schema'
import { Card } from '@/kit/card'
import { Chip, type ChipTone } from '@/kit/chip'
import { Go } from '@/kit/go'
import { RoundMark, type MarkState } from '@/kit/mark'
import { Time } from '@/kit/time'
import { CONNECTIONS } from '@/words/connections'
import { sentence, title } from '@/words/format'
import './connections.css'

export type Line = components['schemas']['DestinationLine']
export type Standing = Line['standing']
type Alert = components['schemas']['Alert']
type Status = components['schemas']['ConnectorLine']['status']

const PARTS = [
  ['/connections', CONNECTIONS.parts.connected],
  ['/connections/quarantine', CONNECTIONS.parts.quarantine],
  ['/connections/dead', CONNECTIONS.parts.dead],
  ['/connections/catalog', CONNECTIONS.parts.catalog],
] as const
const MARKS: Record<Standing['word'], MarkState> = {
  well: 'pass',
  unused: 'none',
  slow: 'hold',
  held: 'hold',
  signed_out: 'refuse',
  dead: 'refuse',
}
const TONES: Record<Status, ChipTone> = { verified: 'ok', documented: 'accent', generic: 'line' }

export function Parts() {
  return (
    <nav className="connections-parts" aria-label={CONNECTIONS.parts.label}>
      {PARTS.map(([to, label]) => (
        <Link key={to} to={to} search={{}} activeOptions={{ exact: true, includeSearch: false }}>
          {label}
        </Link>
      ))}
    </nav>
  )
}

/** A mark, a word, since when; and why, below. */
export function State({ line }: { line: Line }) {
  const { standing, by, alert } = line
  const { word, since, reason } = standing
  return (
    <div className="connections-state">
      <RoundMark state={MARKS[word]} />
      <div>
        <span className="strong">{CONNECTIONS.states[word]}</span>
        {since != null && (
          <span className="quiet">
            {' '}
            {CONNECTIONS.since} <Time at={since} as="hourAndMinute" />
          </span>
        )}
        {reason != null && (
          <p className="ink2 pretty">{sentence(CONNECTIONS.because(reason.code, reason.what))}</p>
        )}
        {alert != null && (
          <p className="connections-alert">
            <IconBell size={13} stroke={1.8} aria-hidden="true" />
            {CONNECTIONS.alerted} <Time at={alert.since} as="ago" />
          </p>
        )}
        {by !== '' && <p className="ink2">{CONNECTIONS.detour(title(by))}</p>}
      </div>
    </div>
  )
}

/** The journeys that rest on what is not well. */
export function Rests({ on, title: words }: { on: Alert['journeys']; title: string }) {
  if (on === undefined || on.length === 0) return null
  return (
    <Card title={words}>
      {on.map((each) => (
        <p key={each.journey}>
          <Go className="link" to={`/journeys/${each.journey}`}>
            {title(each.journey)}
          </Go>
        </p>
      ))}
    </Card>
  )
}

export function Sure({ status }: { status: Status }) {
  const words = CONNECTIONS.catalog
  const word = words.statuses.find(([value]) => value === status)?.[1] ?? status
  return (
    <Tooltip label={words.statusWhy[status]} withArrow>
      <span>
        <Chip tone={TONES[status]}>{word}</Chip>
      </span>
    </Tooltip>
  )
}

/** The kinds of things that a connector does, in words. */
export function doing(does: readonly string[]): string {
  const words = does.map((each) => CONNECTIONS.operations[each] ?? title(each))
  return words.map((each, index) => (index === 0 ? each : lowered(each))).join(', ')
}

/** How accounts prove themselves, in words. */
export function accountsOf(kinds: readonly string[]): string {
  return kinds.map((each) => CONNECTIONS.accounts[each] ?? title(each)).join(' or ')
}

function lowered(words: string): string {
  return words.charAt(0).toLowerCase() + words.slice(1)
}

export function isBad(standing: Standing): boolean {
  return standing.word !== 'well' && standing.word !== 'unused'
}
