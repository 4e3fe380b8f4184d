// One event's life, as a waterfall: every stage, when it was, and how long after it came in.
import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { Go } from '@/kit/go'
import { Scenario } from '@/kit/scenario'
import { Time } from '@/kit/time'
import { Trouble } from '@/kit/trouble'
import { span } from '@/words/format'
import { LIVE } from '@/words/live'
import { shortId } from '@/words/notes'

type Life = components['schemas']['Life']
type Stage = components['schemas']['LifeStage']
const AGAIN_MS = 2_000

export function LifeCard({ position }: { position: number }) {
  const life = useQuery({
    queryKey: ['life', position],
    queryFn: () => take(api.GET('/api/tail/{position}', { params: { path: { position } } })),
    // Answers of other systems come later than the event.
    refetchInterval: AGAIN_MS,
  })
  if (life.data === undefined) {
    return life.isError ? <Trouble error={life.error} retry={life.refetch} /> : <Skeleton h={280} />
  }
  return <Waterfall life={life.data} />
}

function Waterfall({ life }: { life: Life }) {
  const first = Math.min(life.occurred_at, life.received_at)
  const last = Math.max(...life.stages.map((stage) => stage.at), life.received_at)
  return (
    <article className="life">
      <header className="life-head">
        <p className="quiet small">
          {LIVE.life} · <Time at={life.received_at} />
        </p>
        <h2>{life.name || title(life.kind)}</h2>
        <p className="quiet small">
          {life.source && <>{life.source} · </>}
          {last === life.received_at ? LIVE.atOnce : LIVE.total(span(last - life.received_at))}
        </p>
      </header>
      <ol>
        {life.stages.map((stage, index) => (
          <Bar
            key={`${stage.position}-${index}`}
            stage={stage}
            isFirst={life.stages[index - 1]?.stage !== stage.stage}
            from={life.received_at}
            range={{ first, last }}
          />
        ))}
      </ol>
      <footer className="life-foot">
        {life.person_id && (
          <Go className="link" to={`/customers/${life.person_id}`}>
            {LIVE.customer} {shortId(life.person_id)}
          </Go>
        )}
        {life.person_id && <Scenario who={life.person_id} />}
        <span className="grow" />
        <span className="quiet">
          {LIVE.record} <span className="mono">{life.position}</span>
        </span>
      </footer>
    </article>
  )
}

type BarProps = {
  stage: Stage
  isFirst: boolean
  from: number
  range: { first: number; last: number }
}

function Bar({ stage, isFirst, from, range }: BarProps) {
  const whole = Math.max(range.last - range.first, 1)
  const left = ((Math.min(stage.at, from) - range.first) / whole) * 100
  const width = (Math.abs(stage.at - from) / whole) * 100
  return (
    <li className="life-stage" data-bad={stage.code !== ''} data-stage={stage.stage}>
      <h3>{isFirst ? LIVE.stages[stage.stage] : ''}</h3>
      <p>{stage.what}</p>
      <span className="life-when">{offset(stage.at - from)}</span>
      <span className="life-bar" aria-hidden="true">
        <i style={{ marginInlineStart: `${left}%`, width: `${width}%` }} />
      </span>
    </li>
  )
}

function offset(micros: number): string {
  if (micros === 0) return '0 ms'
  return `${micros < 0 ? '−' : '+'}${span(Math.abs(micros))}`
}

function title(kind: string): string {
  return kind.charAt(0).toUpperCase() + kind.slice(1)
}
