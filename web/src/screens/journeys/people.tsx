// Who stands at a step now: the people behind the number.
import { Skeleton } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { api, take } from '@/api/client'
import { Go } from '@/kit/go'
import { Time } from '@/kit/time'
import { Trouble } from '@/kit/trouble'
import { count } from '@/words/format'
import { JOURNEY } from '@/words/journey'
import { shortId } from '@/words/notes'
import { useWaiting } from './traffic'

const PAGE = 10

type Props = { journey: string; stepId: string }

export function PeopleHere(props: Props) {
  const waiting = useWaiting(props.stepId)
  return (
    <section>
      <h3>{JOURNEY.people}</h3>
      {waiting === undefined ? (
        <Skeleton h={40} />
      ) : waiting === 0 ? (
        <p className="quiet small">{JOURNEY.noPeople}</p>
      ) : (
        <Standing {...props} waiting={waiting} />
      )}
    </section>
  )
}

function Standing({ journey, stepId, waiting }: Props & { waiting: number }) {
  const pages = useInfiniteQuery({
    queryKey: ['journeys', 'standing', journey, stepId],
    queryFn: ({ pageParam: after }) =>
      take(
        api.GET('/api/journeys/{name}/people', {
          params: { path: { name: journey }, query: { step: stepId, after, limit: PAGE } },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.after || undefined,
    refetchInterval: 10_000,
  })
  if (pages.data === undefined) {
    return pages.isError ? (
      <Trouble error={pages.error} retry={pages.refetch} />
    ) : (
      <Skeleton h={90} />
    )
  }
  return (
    <>
      <p className="inspector-count">{count(waiting)}</p>
      <ul className="inspector-people">
        {pages.data.pages
          .flatMap((page) => page.people)
          .map((each) => (
            <li key={`${each.person_id} ${each.since}`}>
              <Go className="link mono" to={`/customers/${each.person_id}`}>
                {shortId(each.person_id)}
              </Go>
              <span className="grow quiet">
                {JOURNEY.since1} <Time at={each.since} as="hourAndMinute" />
              </span>
              {each.due_at != null && (
                <span className="quiet">
                  {JOURNEY.due} <Time at={each.due_at} as="ago" />
                </span>
              )}
            </li>
          ))}
      </ul>
      {pages.hasNextPage && (
        <button type="button" className="link small" onClick={() => void pages.fetchNextPage()}>
          {JOURNEY.more}
        </button>
      )}
    </>
  )
}
