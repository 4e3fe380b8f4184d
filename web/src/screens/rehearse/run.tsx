// One rehearsal on a page: begin it, see how far it is, stop it, and what became of it.
import { Button } from '@mantine/core'
import { IconPlayerPlay, IconPlayerStop } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import {
  type Found,
  isLive,
  type Rehearsal,
  type Task,
  useBegin,
  useNewest,
  useStop,
} from '@/api/rehearsals'
import type { Problem } from '@/api/types'
import { Card } from '@/kit/card'
import { Empty } from '@/kit/empty'
import { Go, useParam } from '@/kit/go'
import { Note } from '@/kit/note'
import { Time } from '@/kit/time'
import { Stale, Trouble } from '@/kit/trouble'
import { count, share, span } from '@/words/format'
import { REHEARSE } from '@/words/rehearse'
import { SIMULATE } from '@/words/simulate'
import { isOutdated, type Subject } from './about'

type Props<Kind extends Task['kind']> = {
  task: Extract<Task, { kind: Kind }>
  subject: Subject
  words: { run: string; empty: string; emptyWhy: string }
  /** What is asked before it is run. */
  asks?: ReactNode
  /** Whether what is asked can be run as it is written. */
  isRight?: boolean
  children: (found: Extract<Found, { kind: Kind }>, made: Rehearsal) => ReactNode
}

export function Run<Kind extends Task['kind']>({
  task,
  subject,
  words,
  asks,
  isRight = true,
  children,
}: Props<Kind>) {
  const person = 'person' in task ? task.person : ''
  const { all, one, isLost } = useNewest(task.kind, subject.about, true, person)
  const begin = useBegin()
  const made = one.data
  const run = () => begin.mutate({ task, about: subject.about })
  const isBusy = begin.isPending || isLive(made)
  const button = (
    <Button
      size="xs"
      leftSection={<IconPlayerPlay size={14} />}
      variant={made === undefined ? 'filled' : 'default'}
      disabled={isBusy || !isRight}
      onClick={run}
    >
      {made === undefined ? words.run : REHEARSE.again}
    </Button>
  )
  if (all.isError && all.data === undefined)
    return <Trouble error={all.error} retry={all.refetch} />
  if (made === undefined) {
    return (
      <Empty
        title={isLost ? REHEARSE.lost : words.empty}
        action={<Asking asks={asks} button={button} />}
      >
        {isLost ? REHEARSE.lostWhy : words.emptyWhy} {REHEARSE.nobody}
        {begin.isError && <Trouble error={begin.error} />}
      </Empty>
    )
  }
  return (
    <div className="rehearse">
      <Stale query={one} />
      <div className="rehearse-bar">
        <p className="quiet small grow">
          {REHEARSE.ran} <Time at={made.asked_at} as="ago" />. {REHEARSE.nobody}
        </p>
        <Asking asks={asks} button={button} />
      </div>
      {begin.isError && <Trouble error={begin.error} />}
      {isOutdated(made, subject.draft) && !isBusy && <Note tone="warn" title={REHEARSE.outdated} />}
      <Became made={made}>
        {made.found?.kind === task.kind &&
          children(made.found as Extract<Found, { kind: Kind }>, made)}
      </Became>
    </div>
  )
}

function Asking({ asks, button }: { asks: ReactNode; button: ReactNode }) {
  return (
    <div className="rehearse-asks">
      {asks}
      {button}
    </div>
  )
}

function Became({ made, children }: { made: Rehearsal; children: ReactNode }) {
  switch (made.state) {
    case 'waiting':
    case 'running':
    case undefined:
      return <Progress made={made} />
    case 'failed':
      return (
        <Note tone="bad" title={made.failure || REHEARSE.failed}>
          {made.fix}
        </Note>
      )
    case 'stopped':
      return <Note title={REHEARSE.stopped}>{REHEARSE.stoppedWhy}</Note>
    case 'gone':
      return <Note title={REHEARSE.gone}>{made.failure}</Note>
    case 'done':
      if (made.found?.kind === 'mistakes') return <Mistakes problems={made.found.problems} />
      return made.found?.kind === 'no_history' ? <NoHistory kind={made.task.kind} /> : children
  }
}

function Progress({ made }: { made: Rehearsal }) {
  const stop = useStop()
  const total = made.total ?? 0
  const done = made.done ?? 0
  const doing = REHEARSE.doing[made.doing ?? ''] ?? REHEARSE.starting
  return (
    <Card>
      <div className="rehearse-progress" role="status">
        <span className="strong">{made.state === 'waiting' ? REHEARSE.waiting : doing}</span>
        {total > 0 && (
          <span className="quiet small num">
            {made.doing === 'crowd'
              ? REHEARSE.done(share(done / total))
              : REHEARSE.of(count(done), count(total))}
            {made.left != null && `, ${REHEARSE.left(span(made.left))}`}
          </span>
        )}
        <span className="grow" />
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlayerStop size={14} />}
          loading={stop.isPending}
          onClick={() => stop.mutate(made.rehearsal_id)}
        >
          {REHEARSE.stop}
        </Button>
      </div>
      <div className="bar" aria-hidden="true">
        <i style={{ width: `${total > 0 ? Math.round((100 * done) / total) : 3}%` }} />
      </div>
      {stop.isError && <Trouble error={stop.error} />}
    </Card>
  )
}

/** Nothing is on record: said with what to do about it. */
function NoHistory({ kind }: { kind: Task['kind'] }) {
  const isCrowd = kind === 'simulate'
  return (
    <Empty
      title={isCrowd ? SIMULATE.noHistory : SIMULATE.noPast}
      action={
        <div className="rehearse-asks">
          <Go className="link" to="/connections">
            {SIMULATE.connect}
          </Go>
          {!isCrowd && <Simulating />}
        </div>
      }
    >
      {isCrowd ? SIMULATE.noHistoryWhy : SIMULATE.noPastWhy}
    </Empty>
  )
}

function Simulating() {
  const [draft] = useParam('draft')
  return (
    <Go className="link" to="." search={{ ...(draft !== '' && { draft }), tab: 'simulate' }}>
      {SIMULATE.simulate}
    </Go>
  )
}

type MistakesProps = { problems: readonly Problem[]; title?: string }

export function Mistakes({ problems, title }: MistakesProps) {
  return (
    <Card title={title ?? REHEARSE.mistakes(problems.length)}>
      <ol className="rehearse-problems">
        {problems.map((each, index) => (
          <li key={index}>
            <p>{each.what}</p>
            <p className="quiet small">
              {REHEARSE.fix}: {each.fix}
            </p>
            <p className="mono quiet small">
              {each.code} {each.place.file}:{each.place.line}
            </p>
          </li>
        ))}
      </ol>
    </Card>
  )
}
