// Live events: what happens, as it happens; and the life of the one that is chosen.
import { Button, SegmentedControl } from '@mantine/core'
import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react'
import { useCallback, useEffect, useRef, useState } from 'react'
import { type LivePage, useLive } from '@/api/live'
import type { Told } from '@/api/types'
import { useKeys } from '@/app/keys'
import { Empty } from '@/kit/empty'
import { Go, useParam } from '@/kit/go'
import { Head } from '@/kit/head'
import { Tile } from '@/kit/tile'
import { Time } from '@/kit/time'
import { count, hourAndMinute } from '@/words/format'
import { LIVE } from '@/words/live'
import { bare, lookOf, mainNote, shortId } from '@/words/notes'
import { LifeCard } from './life'
import './live.css'
import { useStill } from './still'
import { keyOf, NOTHING, type Shown, sampling, take } from './stream'

const KEYS = [{ press: 'Space', does: 'Pause the events, or go on' }]

export default function Live() {
  const [about, setAbout] = useParam('about')
  const [chosen, setChosen] = useParam('event')
  const [isPaused, setPaused] = useState(false)
  const [shown, setShown] = useState<Shown>(NOTHING)
  const paused = useRef(isPaused)
  useKeys(KEYS)

  useEffect(() => {
    paused.current = isPaused
  }, [isPaused])
  const { inTime, minds } = useStill(about)
  const onPage = useCallback(
    (page: LivePage) => inTime(() => setShown((before) => take(before, page, paused.current))),
    [inTime],
  )
  const line = useLive(onPage, about)
  usePauseKey(() => setPaused((now) => !now))

  return (
    <>
      <Head title={LIVE.title}>
        <SegmentedControl
          size="xs"
          aria-label="Which events"
          value={about}
          onChange={(value) => {
            setAbout(value)
            setShown(NOTHING)
          }}
          data={LIVE.kinds.map(([value, label]) => ({ value, label }))}
        />
        <Button
          size="xs"
          variant="default"
          w={92}
          leftSection={isPaused ? <IconPlayerPlay size={14} /> : <IconPlayerPause size={14} />}
          onClick={() => setPaused(!isPaused)}
        >
          {isPaused ? LIVE.go : LIVE.pause}
        </Button>
      </Head>
      <div className="live">
        <section className="live-list" aria-label={LIVE.title} {...minds}>
          <div className="live-bar" role="status">
            {line.is === 'lost' ? (
              LIVE.lost(line.lostAt === null ? null : hourAndMinute(line.lostAt * 1_000))
            ) : (
              <Sampling shown={shown} isPaused={isPaused} />
            )}
          </div>
          {shown.rows.length === 0 ? (
            <Nothing isFiltered={about !== ''} />
          ) : (
            shown.rows.map((step) => (
              <Row
                key={keyOf(step)}
                step={step}
                isChosen={String(step.position) === chosen}
                onChoose={setChosen}
              />
            ))
          )}
        </section>
        <aside className="live-side" aria-label={LIVE.life}>
          {chosen === '' ? (
            <Empty title={LIVE.choose}>{LIVE.chooseWhy}</Empty>
          ) : (
            <LifeCard position={Number(chosen)} />
          )}
        </aside>
      </div>
    </>
  )
}

/** Of no kind at all: nothing sends yet. Of one kind: others may well come in. */
function Nothing({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) return <Empty title={LIVE.noneOfKind}>{LIVE.noneOfKindWhy}</Empty>
  const connect = (
    <Go className="link" to="/connections/new/sources/sdk">
      {LIVE.connect}
    </Go>
  )
  return (
    <Empty title={LIVE.waiting} action={connect}>
      {LIVE.waitingWhy}
    </Empty>
  )
}

function Sampling({ shown, isPaused }: { shown: Shown; isPaused: boolean }) {
  const seen = sampling(shown)
  if (isPaused) return LIVE.paused(count(shown.held))
  if (seen.shown === 0) return LIVE.none_shown
  if (seen.matched <= seen.shown) return LIVE.all_shown
  return LIVE.sampled(count(seen.shown), count(seen.matched))
}

type RowProps = { step: Told; isChosen: boolean; onChoose: (position: string) => void }

function Row({ step, isChosen, onChoose }: RowProps) {
  const { note, sentence } = mainNote(step)
  const look = lookOf(note)
  const others = step.sentences.map(bare).filter((text) => text !== sentence)
  return (
    <button
      type="button"
      className="live-row"
      aria-pressed={isChosen}
      onClick={() => onChoose(isChosen ? '' : String(step.position))}
    >
      <Time at={step.at} />
      <Tile icon={look.icon} kind={look.kind} />
      <span className="cut">
        {sentence}
        {others.length > 0 && <small className="cut">{others.slice(0, 3).join(' · ')}</small>}
      </span>
      <span className="mono quiet small">{step.person_id && shortId(step.person_id)}</span>
    </button>
  )
}

/** Space pauses, wherever it is not the key of a button or a field. */
function usePauseKey(toggle: () => void) {
  const call = useRef(toggle)
  useEffect(() => {
    call.current = toggle
  })
  useEffect(() => {
    function press(event: KeyboardEvent) {
      if (event.key !== ' ' || event.target !== document.body) return
      event.preventDefault()
      call.current()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [])
}
