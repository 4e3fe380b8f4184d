// A walk: somebody made up goes through the journey under a virtual clock, and every step is shown.
import { Skeleton } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useCallback, useMemo, useState } from 'react'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { Trouble } from '@/kit/trouble'
import { Canvas } from '@/screens/journeys/board'
import '@/screens/journeys/canvas.css'
import { type Board, BoardContext } from '@/screens/journeys/context'
import { graphOf, nameOf, START, type Step } from '@/screens/journeys/graph'
import { everyStep } from '@/screens/journeys/places'
import { REHEARSE } from '@/words/rehearse'
import type { Subject } from './about'
import { useLit } from './lit'
import { Mistakes } from './run'
import { ANA, type Script, type WalkFound, walkOf } from './script'
import { Desk } from './walk-desk'
import { Went } from './walk-went'

type Shown = components['schemas']['ShownDrawing']
type Kinds = components['schemas']['ShownKinds']

/** Walks that were begun are there again when somebody comes back to them. */
const BEGUN = new Map<string, Script>()

/** Put a walk in place of the one that was begun, for whoever comes to it next. */
export function beginWalk({ journey, draftName }: Subject, script: Script): void {
  BEGUN.set(`${journey} ${draftName}`, script)
}

export function Walk({ subject }: { subject: Subject }) {
  const files = subject.draft?.files ?? {}
  const { journey } = subject
  const drawing = useQuery({
    queryKey: ['walk', 'drawing', journey, subject.draft?.etag ?? ''],
    queryFn: () => take(api.POST('/api/drawing/read', { body: { journey, files } })),
  })
  const kinds = useQuery({
    queryKey: ['drawing', 'kinds'],
    queryFn: () => take(api.GET('/api/drawing/kinds')),
    staleTime: 60_000,
  })
  const error = drawing.error ?? kinds.error
  if (drawing.data !== undefined && kinds.data !== undefined) {
    return <Walking shown={drawing.data} kinds={kinds.data} subject={subject} />
  }
  return error === null ? <Skeleton flex={1} radius={0} /> : <Trouble error={error} />
}

type WalkingProps = { shown: Shown; kinds: Kinds; subject: Subject }

function Walking({ shown, kinds, subject }: WalkingProps) {
  const [script, setScript] = useScript(subject)
  const walk = useMemo(() => walkOf(subject.journey, script), [subject.journey, script])
  const gone = useQuery({
    queryKey: ['walk', subject.about, subject.draft?.etag ?? '', walk],
    queryFn: () => {
      const { draft = '', change = 0 } = subject.about
      return take(api.POST('/api/rehearsals/walk', { body: { walk, draft, change } }))
    },
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    retry: false,
  })
  const found = gone.data?.kind === 'walk' ? gone.data : undefined
  const steps = useMemo(() => everyStep(shown.drawing.steps), [shown])
  const pathOf = useCallback(
    (stepId: string) => steps.find((step) => step.step_id === stepId)?.path ?? '',
    [steps],
  )
  const nameAt = (stepId: string) => {
    const step = steps.find((each) => each.step_id === stepId)
    return step === undefined ? '' : nameOf(step, kinds.kinds)
  }
  const been = (found?.reached ?? []).map((each) => pathOf(each.step))
  const here = pathOf(found?.stands ?? '')
  useLit(found === undefined || been.length === 0 ? [] : [START, ...been], here)
  return (
    <div className="journey walk">
      <div className="journey-canvas">
        <Drawn shown={shown} kinds={kinds} steps={steps} here={here} />
        <p className="journey-note" role="status">
          {gone.isFetching ? REHEARSE.walk.going : standing(found, nameAt)}
        </p>
      </div>
      <aside className="inspector" aria-label={REHEARSE.walk.label}>
        <Desk
          script={script}
          onChange={setScript}
          found={found}
          kinds={kinds}
          drawing={shown.drawing}
        />
        {gone.isError && <Trouble error={gone.error} />}
        {gone.data?.kind === 'mistakes' && <Mistakes problems={gone.data.problems} />}
        {found !== undefined && <Went found={found} subject={subject} nameOf={nameAt} />}
      </aside>
    </div>
  )
}

function standing(found: WalkFound | undefined, nameAt: (stepId: string) => string): string {
  if (found === undefined) return ''
  if (found.stands !== '') return REHEARSE.walk.stands(nameAt(found.stands))
  return found.outcome === '' ? REHEARSE.walk.outside : REHEARSE.walk.ended(found.outcome)
}

type DrawnProps = { shown: Shown; kinds: Kinds; steps: readonly Step[]; here: string }

function Drawn({ shown: { drawing }, kinds, steps, here }: DrawnProps) {
  const [chosen, setChosen] = useState({ path: '', at: '' })
  const graph = useMemo(() => graphOf(drawing), [drawing])
  const choose = useCallback((path: string) => setChosen({ path, at: here }), [here])
  // Where the person goes on, the canvas goes with them; until then it stays with what was chosen.
  const path = chosen.path !== '' && chosen.at === here ? chosen.path : here
  const board = useMemo<Board>(
    () => ({
      journey: drawing.journey,
      title: drawing.head.title,
      drawing,
      graph,
      kinds: kinds.kinds,
      known: kinds,
      lens: 'build',
      chosen: graph.inEnds.get(path) ?? path,
      choose,
      isRunning: false,
      steps: {
        idOf: (at) => steps.find((step) => step.path === at)?.step_id ?? '',
        nameOf: (at) => {
          const step = steps.find((each) => each.path === at)
          return step === undefined ? '' : nameOf(step, kinds.kinds)
        },
      },
    }),
    [drawing, graph, kinds, path, choose, steps],
  )
  return (
    <BoardContext value={board}>
      <Canvas graph={graph} />
    </BoardContext>
  )
}

function useScript(subject: Subject): [Script, (script: Script) => void] {
  const key = `${subject.journey} ${subject.draftName}`
  const [script, setScript] = useState<Script>(() => BEGUN.get(key) ?? { who: ANA, lines: [] })
  const keep = useCallback(
    (next: Script) => {
      BEGUN.set(key, next)
      setScript(next)
    },
    [key],
  )
  return [script, keep]
}
