// How well it goes: each figure against its target, how it went, and what is worst in it.
import { SegmentedControl, Skeleton } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api, take } from '@/api/client'
import { Chip, type ChipTone } from '@/kit/chip'
import { Go, useParam } from '@/kit/go'
import { Head } from '@/kit/head'
import { Stale, Trouble } from '@/kit/trouble'
import { SCORECARD } from '@/words/scorecard'
import { Detail } from './detail'
import { Spark } from './line'
import {
  beside,
  type Card,
  type Measure,
  ofWords,
  type Over,
  shown,
  type StateName,
  stateOf,
  stateWord,
  verdict,
} from './measure'
import './scorecard.css'

const EVERY_MS = 10_000
const TONES: Readonly<Record<StateName, ChipTone>> = {
  met: 'ok',
  missed: 'bad',
  few: 'line',
  none: 'line',
  empty: 'line',
}

export default function Scorecard() {
  const [asked, setOver] = useParam('over', 'day')
  const over = (asked in SCORECARD.overs ? asked : 'day') as Over
  const card = useQuery({
    queryKey: ['score', over],
    queryFn: () => take(api.GET('/api/score', { params: { query: { over } } })),
    placeholderData: keepPreviousData,
    refetchInterval: EVERY_MS,
  })
  return (
    <>
      <Head title={SCORECARD.title}>
        <SegmentedControl
          size="xs"
          aria-label={SCORECARD.over}
          value={over}
          onChange={setOver}
          data={Object.entries(SCORECARD.overs).map(([value, label]) => ({ value, label }))}
        />
      </Head>
      <Stale query={card} />
      <div className="page">
        <div className="page-in score">
          {card.data !== undefined ? (
            <Told card={card.data} />
          ) : card.isError ? (
            <Trouble error={card.error} retry={card.refetch} />
          ) : (
            <Skeleton h={480} />
          )}
        </div>
      </div>
    </>
  )
}

function Told({ card }: { card: Card }) {
  const [named] = useParam('figure', 'latency')
  const said = verdict(card.measures)
  const chosen = card.measures.find((each) => each.name === named) ?? card.measures[0]
  return (
    <>
      <p className="score-story">
        <em data-tone={said.tone}>{said.head}</em> {said.more}
      </p>
      <ul className="score-tiles" aria-label={SCORECARD.measures}>
        {card.measures.map((measure) => (
          <li key={measure.name}>
            <Tile measure={measure} card={card} isChosen={measure === chosen} />
          </li>
        ))}
      </ul>
      {chosen !== undefined && <Detail measure={chosen} card={card} />}
    </>
  )
}

type TileProps = { measure: Measure; card: Card; isChosen: boolean }

function Tile({ measure, card, isChosen }: TileProps) {
  const words = SCORECARD.figures[measure.name]
  const state = stateOf(measure)
  const [over] = useParam('over')
  const [view] = useParam('view')
  return (
    <Go
      className="score-tile"
      to="/scorecard"
      search={{ over: over || undefined, figure: measure.name, view: view || undefined }}
      replace
      aria-current={isChosen ? 'true' : undefined}
    >
      <span className="score-name">
        {words.name}
        <Chip tone={TONES[state]}>{stateWord(measure)}</Chip>
      </span>
      <span className="score-row">
        <span className="score-value">{shown(measure.name, measure.actual, card.currency)}</span>
        <Spark measure={measure} card={card} />
      </span>
      <span className="score-more">
        {measure.target === null ? ofWords(measure) : `${words.target}; ${ofWords(measure)}`}
      </span>
      {beside(measure, card.currency).map((line) => (
        <span className="score-more" key={line}>
          {line}
        </span>
      ))}
    </Go>
  )
}
