// What files from elsewhere mean: mistakes with their places, and each definition that would change.
import type { Problem } from '@/api/types'
import { Card } from '@/kit/card'
import { Chip } from '@/kit/chip'
import { Note } from '@/kit/note'
import { Told } from '@/screens/journeys/edit/changes'
import { DEFINITIONS } from '@/words/definitions'
import { title } from '@/words/format'
import { JOURNEY_EDIT } from '@/words/journey-edit'
import type { Arrival } from './arrived'

type Change = Arrival['changes'][number]
const TONES = { safe: 'ok', migrating: 'warn', breaking: 'bad' } as const

export function Mistakes({ problems }: { problems: readonly Problem[] }) {
  return (
    <Card title={DEFINITIONS.mistakes}>
      <Note tone="bad" title={DEFINITIONS.wrong(problems.length)}>
        {DEFINITIONS.wrongWhy}
      </Note>
      <ol className="definitions-problems" aria-label={DEFINITIONS.mistakes}>
        {problems.map((each, index) => (
          <li key={index}>
            <p className="mono small">
              {each.place.file}:{each.place.line}
            </p>
            <p>{sentence(each.what)}</p>
            <p className="quiet small">
              {DEFINITIONS.fix}: {each.fix} <span className="mono">({each.code})</span>
            </p>
          </li>
        ))}
      </ol>
    </Card>
  )
}

export function WhatChanges({ arrival }: { arrival: Arrival }) {
  const { changes, journeys, is_same } = arrival
  const told = new Set(changes.map((each) => each.name))
  // Of texts that do not compile nothing is told but their drawings.
  const others = journeys.filter((each) => !told.has(each.journey))
  if (is_same) return <Note tone="ok" title={DEFINITIONS.onlyWords} />
  if (changes.length === 0 && others.length === 0) return null
  return (
    <Card title={DEFINITIONS.changes}>
      <ol className="definitions-changes" aria-label={DEFINITIONS.changes}>
        {changes.map((each) => (
          <li key={`${each.family} ${each.name} ${each.what}`}>
            <One change={each} />
            <Steps arrival={arrival} journey={each.family === 'journey' ? each.name : ''} />
          </li>
        ))}
        {others.map((each) => (
          <li key={each.journey}>
            <p className="strong">{title(each.journey)}</p>
            <Steps arrival={arrival} journey={each.journey} />
          </li>
        ))}
      </ol>
    </Card>
  )
}

function One({ change }: { change: Change }) {
  return (
    <>
      <p className="row">
        <span className="strong">{title(change.name || change.family)}</span>
        <span className="quiet small">{title(change.family)}</span>
        <span className="grow" />
        <Chip tone={TONES[change.kind]}>{DEFINITIONS.kinds[change.kind]}</Chip>
      </p>
      <p className="ink2 pretty">{sentence(change.what)}</p>
    </>
  )
}

function Steps({ arrival, journey }: { arrival: Arrival; journey: string }) {
  const found = arrival.journeys.find((each) => each.journey === journey)
  if (found === undefined || found.differences.length === 0) return null
  return (
    <ul className="definitions-steps" aria-label={DEFINITIONS.steps}>
      {found.differences.map((each) => (
        <li key={`${each.what} ${each.was} ${each.path}`}>
          <span className="ribbon" data-what={each.what}>
            {JOURNEY_EDIT.whats[each.what]}
          </span>
          <Told difference={each} />
        </li>
      ))}
    </ul>
  )
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
