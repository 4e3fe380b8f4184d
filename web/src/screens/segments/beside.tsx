// Beside a segment: how many are in it, some of them, and what uses it.
import { Skeleton } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { Card } from '@/kit/card'
import { Go } from '@/kit/go'
import { Pairs } from '@/kit/pairs'
import { Stats } from '@/kit/stat'
import { Time } from '@/kit/time'
import { Trouble } from '@/kit/trouble'
import { Definition } from '@/screens/dictionary/places'
import { clock, count, share, title } from '@/words/format'
import { shortId } from '@/words/notes'
import { countedOver, figure, SEGMENTS } from '@/words/segments'

type Shown = components['schemas']['ShownSegment']
type Drawing = components['schemas']['SegmentDrawing']
type Props = { name: string; shown: Shown | null; runs: boolean; place: Drawing }

export function Beside({ name, shown, runs, place }: Props) {
  return (
    <aside className="segments" aria-label={SEGMENTS.people}>
      {shown !== null && <Sizes shown={shown} />}
      {shown === null && runs && <Skeleton h={90} />}
      {runs && <Members name={name} />}
      {shown !== null && <UsedBy shown={shown} />}
      <p className="quiet small">
        {SEGMENTS.text}: {SEGMENTS.file(place.place.file, place.place.line)}
      </p>
    </aside>
  )
}

function Sizes({ shown: { segment, at, of, everybody } }: { shown: Shown }) {
  return (
    <>
      <Stats
        figures={[
          {
            name: SEGMENTS.people,
            value: figure(segment.people, segment.within),
            more: moreOf(segment, everybody),
          },
          {
            name: SEGMENTS.came,
            value: segment.came === 0 ? '0' : `+${count(segment.came)}`,
            more: SEGMENTS.cameWhy,
          },
        ]}
      />
      <p className="quiet small">{countedOver(clock(at), of, everybody)}</p>
    </>
  )
}

function moreOf({ people, within }: Shown['segment'], everybody: number): string | undefined {
  if (everybody === 0) return undefined
  const part = SEGMENTS.share(share(people / everybody))
  return within === 0 ? part : `${SEGMENTS.giveOrTake(count(within))}; ${part}`
}

const PEOPLE = 8

function Members({ name }: { name: string }) {
  const members = useInfiniteQuery({
    queryKey: ['segment', name, 'people'],
    queryFn: ({ pageParam }) =>
      take(
        api.GET('/api/segments/{name}/people', {
          params: { path: { name }, query: { after: pageParam, limit: PEOPLE } },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (last) => (last.after === '' ? undefined : last.after),
  })
  const { data } = members
  const people = data?.pages.flatMap((page) => page.people) ?? []
  const untold = data?.pages[0]?.untold ?? ''
  return (
    <Card title={SEGMENTS.sample}>
      {data === undefined && members.isError && (
        <Trouble error={members.error} retry={members.refetch} />
      )}
      {data === undefined && !members.isError && <Skeleton h={120} />}
      {data !== undefined && people.length === 0 && (
        <p className="quiet small pretty">{untold || SEGMENTS.sampleNone}</p>
      )}
      <ul className="segments-people">
        {people.map((each) => (
          <li key={each.person_id}>
            <Go className="link mono" to={`/customers/${each.person_id}`}>
              {shortId(each.person_id)}
            </Go>
            <span className="grow" />
            <span className="quiet">
              {SEGMENTS.since} <Time at={each.since} as="day" />
            </span>
          </li>
        ))}
      </ul>
      {members.hasNextPage && (
        <button
          type="button"
          className="link small"
          disabled={members.isFetchingNextPage}
          onClick={() => void members.fetchNextPage()}
        >
          {SEGMENTS.more}
        </button>
      )}
    </Card>
  )
}

/** Of each kind; more than these nobody reads through. */
const USERS_SHOWN = 40

/** `journey cart_rescue`, grouped by the first word. */
function UsedBy({ shown: { segment } }: { shown: Shown }) {
  const groups = new Map<string, string[]>()
  for (const user of segment.used_by) {
    const [family = '', ...rest] = user.replace(/^computed trait /, 'computed ').split(' ')
    groups.set(family, [...(groups.get(family) ?? []), rest.join(' ')])
  }
  return (
    <Card title={SEGMENTS.usedBy}>
      {groups.size === 0 ? (
        <p className="quiet small pretty">{SEGMENTS.usedNone}</p>
      ) : (
        <Pairs
          pairs={[...groups].map(([family, names]) => ({
            name: title(family),
            value: (
              <span className="segments-users">
                {names.slice(0, USERS_SHOWN).map((each) => (
                  <Definition key={each} family={family} name={each} />
                ))}
                {names.length > USERS_SHOWN && (
                  <span className="quiet small">
                    {SEGMENTS.usedMore(names.length - USERS_SHOWN)}
                  </span>
                )}
              </span>
            ),
          }))}
        />
      )}
    </Card>
  )
}
