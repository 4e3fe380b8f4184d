// A journey: drawn, with what goes on in it, or as text.
import { SegmentedControl, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { Chip } from '@/kit/chip'
import { Empty } from '@/kit/empty'
import { useParam } from '@/kit/go'
import { Head } from '@/kit/head'
import { Stale, Trouble } from '@/kit/trouble'
import { clock, count, title } from '@/words/format'
import { JOURNEY } from '@/words/journey'
import { Canvas } from './board'
import './canvas.css'
import { type Board, BoardContext, type Lens } from './context'
import { graphOf, nameOf, START, waysOf, type Step } from './graph'
import { Inspector } from './inspector'
import { Outline } from './outline'
import { Problems } from './problems'
import { useTraffic } from './traffic'

type Shown = components['schemas']['ShownDrawing']
type Kinds = components['schemas']['ShownKinds']

const AGAIN_MS = 15_000
const MANY = 300

export default function Journey() {
  const { name = '' } = useParams({ strict: false })
  const drawing = useQuery({
    queryKey: ['journeys', 'drawing', name],
    queryFn: () => take(api.POST('/api/drawing/read', { body: { journey: name } })),
    // Somebody may apply another version meanwhile.
    refetchInterval: AGAIN_MS,
  })
  const kinds = useQuery({
    queryKey: ['drawing', 'kinds'],
    queryFn: () => take(api.GET('/api/drawing/kinds')),
    staleTime: 60_000,
  })
  if (drawing.data !== undefined && kinds.data !== undefined) {
    return (
      <>
        <Opened shown={drawing.data} kinds={kinds.data} />
        <Stale query={drawing} />
      </>
    )
  }
  return (
    <>
      <Head title={title(name)} under={{ label: JOURNEY.under, to: '/journeys' }} />
      {drawing.isError || kinds.isError ? (
        <Trouble
          error={drawing.error ?? kinds.error}
          retry={() => void Promise.all([drawing.refetch(), kinds.refetch()])}
        />
      ) : (
        <Skeleton flex={1} radius={0} />
      )}
    </>
  )
}

function Opened({ shown, kinds }: { shown: Shown; kinds: Kinds }) {
  const { drawing } = shown
  const [lens, setLens] = useLens()
  const [chosen, setChosen] = useParam('step')
  const traffic = useTraffic(drawing.journey)
  const graph = useMemo(() => graphOf(drawing), [drawing])
  const every = useMemo(
    () => new Map(all(drawing.steps).map((step) => [step.path, step])),
    [drawing],
  )
  const choose = useCallback(
    (path: string) => setChosen(graph.inEnds.get(path) ?? path),
    [graph, setChosen],
  )
  const board = useMemo<Board>(
    () => ({
      journey: drawing.journey,
      title: drawing.head.title,
      drawing,
      kinds: kinds.kinds,
      lens,
      chosen: graph.steps.has(chosen) || chosen === START ? chosen : '',
      choose,
      steps: {
        idOf: (path) => every.get(path)?.step_id ?? '',
        nameOf: (path) => {
          const step = every.get(path)
          return step === undefined ? '' : nameOf(step, kinds.kinds)
        },
      },
    }),
    [drawing, kinds, lens, chosen, choose, every, graph],
  )
  return (
    <BoardContext value={board}>
      <Head
        title={drawing.head.title}
        under={{ label: JOURNEY.under, to: '/journeys' }}
        beside={
          traffic.data !== undefined && (
            <Chip tone={traffic.data.is_paused ? 'warn' : 'ok'}>
              {traffic.data.is_paused ? JOURNEY.paused : JOURNEY.running}
            </Chip>
          )
        }
      >
        <SegmentedControl
          size="xs"
          role="radiogroup"
          aria-label={JOURNEY.lens}
          data={JOURNEY.lenses.map(([value, label]) => ({ value, label }))}
          value={lens}
          onChange={setLens}
        />
      </Head>
      <Stale query={traffic} />
      <div className="journey">
        {lens === 'text' ? (
          <Outline text={shown.text} />
        ) : drawing.steps.length === 0 ? (
          <Empty title={JOURNEY.empty}>{JOURNEY.emptyWhy}</Empty>
        ) : (
          <div className="journey-canvas">
            <Canvas key={drawing.journey} graph={graph} />
            {lens === 'traffic' && <Since journey={drawing.journey} />}
            {graph.steps.size > MANY && (
              <p className="journey-note">{JOURNEY.largest(count(graph.steps.size))}</p>
            )}
            <Problems />
          </div>
        )}
        <Inspector graph={graph} text={shown.text} />
      </div>
    </BoardContext>
  )
}

function Since({ journey }: { journey: string }) {
  const { data } = useTraffic(journey)
  if (data === undefined) return null
  const { since, records } = data.moves
  return (
    <p className="journey-note">
      {since == null ? JOURNEY.noTraffic : JOURNEY.since(clock(since), count(records))}
    </p>
  )
}

function useLens(): [Lens, (lens: string) => void] {
  const [lens, setLens] = useParam('lens', 'build')
  const known = JOURNEY.lenses.find(([value]) => value === lens)
  return [known?.[0] ?? 'build', setLens]
}

function all(steps: readonly Step[]): Step[] {
  return steps.flatMap((step) => [step, ...waysOf(step).flatMap((way) => all(way.steps))])
}
