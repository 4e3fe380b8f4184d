// The crowd on the canvas of its journey: how many took each line, and who stood where at the end.
import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { api, take } from '@/api/client'
import type { FoundOf } from '@/api/rehearsals'
import type { components } from '@/api/schema'
import { Card } from '@/kit/card'
import { Canvas } from '@/screens/journeys/board'
import '@/screens/journeys/canvas.css'
import { type Board, BoardContext } from '@/screens/journeys/context'
import { graphOf, nameOf } from '@/screens/journeys/graph'
import { everyStep } from '@/screens/journeys/places'
import { SIMULATE } from '@/words/simulate'
import type { Subject } from './about'

type Schemas = components['schemas']
type Found = FoundOf<'simulate'>
type Traffic = Schemas['Traffic']

type Props = { found: Found; subject: Subject; name: string }

export function CrowdFlow({ found, subject, name }: Props) {
  const { journey } = subject
  const files = subject.draft?.files ?? {}
  const drawing = useQuery({
    queryKey: ['walk', 'drawing', journey, subject.draft?.etag ?? ''],
    queryFn: () => take(api.POST('/api/drawing/read', { body: { journey, files } })),
  })
  const kinds = useQuery({
    queryKey: ['drawing', 'kinds'],
    queryFn: () => take(api.GET('/api/drawing/kinds')),
    staleTime: 60_000,
  })
  const first = drawing.data?.drawing.steps[0]?.step_id ?? ''
  const traffic = useMemo(() => trafficOf(found, journey, first), [found, journey, first])
  return (
    <Card title={SIMULATE.flow} isBare>
      <p className="card-body quiet small">
        {traffic.moves.taken.length === 0 ? SIMULATE.flowNone : SIMULATE.flowWhy}
      </p>
      {traffic.moves.taken.length > 0 &&
        (drawing.data === undefined || kinds.data === undefined ? (
          <Skeleton h={420} radius={0} />
        ) : (
          <Drawn shown={drawing.data} kinds={kinds.data} traffic={traffic} name={name} />
        ))}
    </Card>
  )
}

type DrawnProps = {
  shown: Schemas['ShownDrawing']
  kinds: Schemas['ShownKinds']
  traffic: Traffic
  name: string
}

function Drawn({ shown: { drawing }, kinds, traffic, name }: DrawnProps) {
  const [chosen, choose] = useState('')
  const graph = useMemo(() => graphOf(drawing), [drawing])
  const steps = useMemo(() => everyStep(drawing.steps), [drawing])
  const board = useMemo<Board>(() => {
    const at = (path: string) => steps.find((step) => step.path === path)
    return {
      journey: drawing.journey,
      title: drawing.head.title,
      drawing,
      graph,
      kinds: kinds.kinds,
      known: kinds,
      lens: 'traffic',
      chosen: graph.inEnds.get(chosen) ?? chosen,
      choose,
      isRunning: false,
      still: { name, traffic },
      steps: {
        idOf: (path) => at(path)?.step_id ?? '',
        nameOf: (path) => {
          const step = at(path)
          return step === undefined ? '' : nameOf(step, kinds.kinds)
        },
      },
    }
  }, [drawing, graph, kinds, steps, chosen, traffic, name])
  return (
    <div className="crowd-canvas">
      <BoardContext value={board}>
        <Canvas graph={graph} />
      </BoardContext>
    </div>
  )
}

/** The crowd's ways through one journey, as the canvas counts what happens. */
export function trafficOf({ now, start }: Found, journey: string, first: string): Traffic {
  const taken = now.ways.filter((each) => each.journey === journey)
  const waiting: Record<string, number> = {}
  const more = (step: string, count: number) => {
    if (step !== '') waiting[step] = (waiting[step] ?? 0) + count
  }
  let inside = 0
  for (const { from_step: from, to_step: to, count } of taken) {
    if (from === '') inside += count
    else if (to === '') inside -= count
    more(from, -count)
    // Who comes in stands at the first step at once.
    more(from === '' ? first : to, count)
  }
  return {
    at: start,
    journey,
    is_paused: false,
    crowd: { inside: Math.max(0, inside), waiting, ended: 0, goals: 0 },
    moves: { since: start, records: now.record_count, taken: [...taken] },
  }
}
