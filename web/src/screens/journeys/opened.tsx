// A journey that is there: its head, the view that was chosen of it, and what is chosen in that.
import { SegmentedControl } from '@mantine/core'
import { type ReactNode, useCallback, useMemo } from 'react'
import type { components } from '@/api/schema'
import { Chip } from '@/kit/chip'
import { Empty } from '@/kit/empty'
import { useParam } from '@/kit/go'
import { Head } from '@/kit/head'
import { Stale } from '@/kit/trouble'
import { clock, count } from '@/words/format'
import { JOURNEY } from '@/words/journey'
import { Canvas } from './board'
import { type Board, BoardContext, type Lens } from './context'
import { Changes, type Compared, type Difference, marksOf } from './edit/changes'
import { Causes, Moved } from './edit/clashes'
import { useEditing } from './edit/editing'
import { TextLens } from './edit/text-lens'
import { haunted } from './ghosts'
import { type Graph, graphOf, nameOf, START } from './graph'
import { Inspector } from './inspector'
import { Outline } from './outline'
import { everyStep } from './places'
import { Problems } from './problems'
import { useTraffic } from './traffic'

type Shown = Pick<components['schemas']['ShownDrawing'], 'drawing' | 'text'>
type Kinds = components['schemas']['ShownKinds']

const MANY = 300

type Props = {
  shown: Shown
  kinds: Kinds
  /** What can be done with it, at the end of the head. */
  beside: ReactNode
  /** How it stands: beside its title. */
  state?: ReactNode
  /** What stands between its head and its steps. */
  under?: ReactNode
  /** What needs the words of the board. */
  children?: ReactNode
  isRunning?: boolean
  compared?: Compared
}

const UNMARKED: ReadonlyMap<string, Difference> = new Map()

export function Opened({ shown, kinds, beside, state, under, children, ...rest }: Props) {
  const { isRunning = true, compared } = rest
  const { drawing } = shown
  const editing = useEditing()
  const [lens, setLens] = useLens()
  const [chosen, setChosen] = useParam('step')
  const traffic = useTraffic(drawing.journey, isRunning)
  const graph = useMemo(() => graphOf(drawing), [drawing])
  const every = useMemo(
    () => new Map(everyStep(drawing.steps).map((step) => [step.path, step])),
    [drawing],
  )
  const choose = useCallback(
    (path: string) => setChosen(graph.inEnds.get(path) ?? path),
    [graph, setChosen],
  )
  const marks = useMemo(() => (compared === undefined ? UNMARKED : marksOf(compared)), [compared])
  const { graph: drawn, ghosts } = useMemo(
    () => haunted(graph, compared?.differences ?? []),
    [graph, compared],
  )
  const lenses = JOURNEY.lenses.filter(([value]) => value !== 'changes' || editing !== null)
  const board = useMemo<Board>(
    () => ({
      journey: drawing.journey,
      title: drawing.head.title,
      drawing,
      graph,
      kinds: kinds.kinds,
      known: kinds,
      lens,
      marks,
      ghosts,
      chosen: isThere(chosen, graph, lens === 'changes' ? ghosts : UNMARKED) ? chosen : '',
      choose,
      isRunning,
      steps: {
        idOf: (path) => every.get(path)?.step_id ?? '',
        nameOf: (path) => {
          const step = every.get(path)
          return step === undefined ? '' : nameOf(step, kinds.kinds)
        },
      },
    }),
    [drawing, kinds, lens, marks, ghosts, chosen, choose, every, graph, isRunning],
  )
  return (
    <BoardContext value={board}>
      <Head
        title={drawing.head.title}
        under={{ label: JOURNEY.under, to: '/journeys' }}
        beside={
          state ??
          (traffic.data !== undefined && (
            <Chip tone={traffic.data.is_paused ? 'warn' : 'ok'}>
              {traffic.data.is_paused ? JOURNEY.paused : JOURNEY.running}
            </Chip>
          ))
        }
      >
        <SegmentedControl
          size="xs"
          role="radiogroup"
          aria-label={JOURNEY.lens}
          data={lenses.map(([value, label]) => ({ value, label }))}
          value={lens}
          onChange={setLens}
        />
        {beside}
      </Head>
      {isRunning && <Stale query={traffic} />}
      {editing !== null && <Moved editing={editing} />}
      {under}
      {editing !== null && <Causes editing={editing} />}
      <div className="journey">
        {lens === 'text' ? (
          editing === null ? (
            <Outline text={shown.text} />
          ) : (
            <TextLens editing={editing} />
          )
        ) : drawing.steps.length === 0 && editing === null ? (
          <Empty title={JOURNEY.empty}>{JOURNEY.emptyWhy}</Empty>
        ) : (
          <div className="journey-canvas">
            <Canvas key={drawing.journey} graph={lens === 'changes' ? drawn : graph} />
            {lens === 'changes' && <Changes compared={compared} />}
            {lens === 'traffic' && <Since journey={drawing.journey} />}
            {graph.steps.size > MANY && (
              <p className="journey-note">{JOURNEY.largest(count(graph.steps.size))}</p>
            )}
            <Problems />
          </div>
        )}
        <Inspector text={shown.text} />
      </div>
      {children}
    </BoardContext>
  )
}

function isThere(id: string, graph: Graph, ghosts: ReadonlyMap<string, Difference>): boolean {
  return id === START || graph.steps.has(id) || ghosts.has(id)
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
