// Home: is anything wrong, what happened, what next. Nothing here that the process did not say.
import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api, take } from '@/api/client'
import { useOverview, useProblems } from '@/api/queries'
import type { Overview, Problem } from '@/api/types'
import { Card } from '@/kit/card'
import { Go } from '@/kit/go'
import { Head } from '@/kit/head'
import { RoundMark } from '@/kit/mark'
import { Note } from '@/kit/note'
import { type Figure, Stats } from '@/kit/stat'
import { Table } from '@/kit/table'
import { Time } from '@/kit/time'
import { Stale, Trouble } from '@/kit/trouble'
import { count, dayAndMinute, span, title } from '@/words/format'
import { HOME } from '@/words/home'
import { Changed } from './changed'
import { Example } from './example'
import './home.css'
import { Waits } from './waits'
import { type Day, dayOf, reasonOf, steps, worst, wrongs } from './wrong'

const LINES = 9
const NONE = '–'
const KEPT_MS = { day: 10_000, month: 60_000 }

export default function Home() {
  const overview = useOverview()
  const problems = useProblems()
  return (
    <>
      <Head title={HOME.title} />
      <Stale query={overview} />
      <div className="page">
        <div className="page-in home">
          <Example />
          {overview.data !== undefined ? (
            <Told seen={overview.data} problems={problems.data ?? []} />
          ) : overview.isError ? (
            <Trouble error={overview.error} retry={overview.refetch} />
          ) : (
            <Skeleton h={420} />
          )}
        </div>
      </div>
    </>
  )
}

/** What was counted in a time, which a restart does not forget. */
function useKept(over: 'day' | 'month') {
  return useQuery({
    queryKey: ['score', over],
    queryFn: () => take(api.GET('/api/score', { params: { query: { over } } })),
    staleTime: KEPT_MS[over],
    refetchInterval: KEPT_MS[over],
  })
}

function Told({ seen, problems }: { seen: Overview; problems: readonly Problem[] }) {
  const found = wrongs(seen, problems)
  const todo = steps(seen, useKept('month').data)
  const day = dayOf(useKept('day').data)
  const isDone = todo.every(([, done]) => done)
  return (
    <>
      <section aria-label={HOME.wrong}>
        <p className="home-story">
          <em data-tone={worst(found)}>{HOME.wrongs(found.length)}</em>{' '}
          {day !== undefined && day.events > 0
            ? HOME.day(day)
            : found.length === 0 && HOME.nothingWrongWhy}
        </p>
        {found.length > 0 && (
          <div className="home-notes">
            {found.map((wrong) => (
              <Note
                key={wrong.key}
                tone={wrong.tone}
                title={
                  wrong.to === undefined ? (
                    wrong.what
                  ) : (
                    <Go className="home-way" to={wrong.to}>
                      {wrong.what}
                    </Go>
                  )
                }
                action={wrong.since !== undefined && <Time at={wrong.since} as="ago" />}
              >
                {wrong.why || undefined}
              </Note>
            ))}
          </div>
        )}
      </section>
      <Stats figures={figures(seen, day)} />
      <div className="home-two">
        <div className="home">
          <Waits />
          {!isDone && <Next todo={todo} />}
          <Journeys seen={seen} />
          <Refusals seen={seen} />
        </div>
        <div className="home">
          <Changed />
          <Lately seen={seen} />
        </div>
      </div>
    </>
  )
}

function figures({ status }: Overview, day?: Day): Figure[] {
  const words = HOME.figures
  return [
    {
      name: words.events,
      value: day === undefined ? NONE : count(day.events),
      more: words.rate(count(Math.round(status.events_per_second))),
    },
    { name: words.people, value: count(status.counts.people ?? 0) },
    {
      name: words.taken,
      value: day === undefined ? NONE : count(day.taken),
      more: words.failed(day === undefined ? NONE : count(day.of - day.taken)),
    },
    {
      name: words.speed,
      value: day === undefined || day.half === null ? NONE : span(day.half),
      more: words.target,
    },
    {
      name: words.waiting,
      value: count(status.counts.deliveries_waiting ?? 0),
      more: words.dead(count(status.counts.deliveries_dead ?? 0)),
    },
  ]
}

function Next({ todo }: { todo: ReturnType<typeof steps> }) {
  return (
    <Card title={HOME.next} isBare>
      <ol>
        {todo.map(([name, isDone]) => (
          <li className="home-step" key={name}>
            <RoundMark state={isDone ? 'pass' : 'none'} />
            <div>
              <h3>
                {HOME.steps[name][0]}
                <span className="sr"> ({isDone ? HOME.done : HOME.open})</span>
              </h3>
              <p>{HOME.steps[name][1]}</p>
            </div>
          </li>
        ))}
      </ol>
    </Card>
  )
}

function Journeys({ seen }: { seen: Overview }) {
  const words = HOME.columns
  return (
    <Card title={HOME.journeysSince(dayAndMinute(seen.status.started_at))} isBare>
      {seen.activity.journeys.length === 0 ? (
        <p className="card-body quiet">{HOME.noJourneys}</p>
      ) : (
        <Table
          label={HOME.journeys}
          rows={seen.activity.journeys}
          keyOf={(row) => row.journey}
          columns={[
            {
              name: words.journey,
              cell: (row) => (
                <Go className="link" to={`/journeys/${row.journey}`}>
                  {title(row.journey)}
                </Go>
              ),
            },
            { name: words.entered, side: 'end', cell: (row) => count(row.entered) },
            { name: words.goals, side: 'end', cell: (row) => count(row.goals) },
            { name: words.left, side: 'end', cell: (row) => count(row.left) },
            { name: words.turned, side: 'end', cell: (row) => count(row.not_entered) },
          ]}
        />
      )}
    </Card>
  )
}

function Refusals({ seen }: { seen: Overview }) {
  const rows = seen.activity.refusals.slice(0, LINES)
  const words = HOME.refusals
  return (
    <Card title={HOME.refusedSince(dayAndMinute(seen.status.started_at))} isBare>
      {rows.length === 0 ? (
        <p className="card-body quiet">{HOME.noRefusals}</p>
      ) : (
        <Table
          label={HOME.refused}
          rows={rows}
          keyOf={(row) => `${row.message} ${row.code}`}
          columns={[
            { name: words.message, cell: (row) => title(row.message) },
            {
              name: words.reason,
              cell: (row) => <span title={row.code}>{reasonOf(row)}</span>,
            },
            { name: words.times, side: 'end', cell: (row) => count(row.count) },
          ]}
        />
      )}
    </Card>
  )
}

function Lately({ seen }: { seen: Overview }) {
  const lines = seen.activity.sentences.slice(-14).reverse()
  return (
    <Card
      title={HOME.lately}
      isBare
      more={
        <Go className="link small" to="/live">
          {HOME.seeAll}
        </Go>
      }
    >
      <ol>
        {lines.map((line, index) => (
          <li className="home-line" key={`${line.position}-${index}`}>
            <Time at={line.at} />
            <span className="pretty">{line.text}</span>
          </li>
        ))}
      </ol>
    </Card>
  )
}
