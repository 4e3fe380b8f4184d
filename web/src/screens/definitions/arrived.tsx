// What files from elsewhere would change, before anything is changed.
import { Button, Checkbox, Skeleton } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { Card } from '@/kit/card'
import { Chip } from '@/kit/chip'
import { Note } from '@/kit/note'
import { Table } from '@/kit/table'
import { Trouble } from '@/kit/trouble'
import { DEFINITIONS } from '@/words/definitions'
import { Beside } from './beside'
import { type Brought, putAway } from './given'
import { Mistakes, WhatChanges } from './meaning'
import { Next } from './next'

export type Arrival = components['schemas']['Arrival']
export type How = { removes: boolean; keeps_comments: boolean }

export function Arrived({ brought }: { brought: Brought }) {
  const [how, setHow] = useState<How>({ removes: false, keeps_comments: true })
  const head = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    // The button that led here is gone: keys go on from what came.
    if (document.activeElement === document.body) head.current?.focus()
  }, [])
  const arrival = useQuery({
    queryKey: ['definitions', 'arrival', brought.stamp, how],
    queryFn: () =>
      take(api.POST('/api/definitions/read', { body: { given: [...brought.files], ...how } })),
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: false,
    retry: false,
  })
  return (
    <>
      <div className="row">
        <h2 ref={head} tabIndex={-1}>
          {DEFINITIONS.brought(brought.files.length)}
        </h2>
        <span className="mono quiet small cut">
          {brought.files.map((each) => each.name).join(', ')}
        </span>
        <span className="grow" />
        <Button size="xs" variant="default" onClick={putAway}>
          {DEFINITIONS.putAway}
        </Button>
      </div>
      {arrival.isError ? (
        <Trouble error={arrival.error} retry={arrival.refetch} />
      ) : arrival.data === undefined ? (
        <Skeleton h={320} aria-label={DEFINITIONS.comparing} />
      ) : arrival.data.files.length === 0 && arrival.data.absent.length === 0 ? (
        <Note tone="ok" title={DEFINITIONS.same}>
          {DEFINITIONS.sameWhy(arrival.data.same_count)}
        </Note>
      ) : (
        <div className="definitions-two">
          <div className="definitions">
            {arrival.data.problems.length > 0 && <Mistakes problems={arrival.data.problems} />}
            <WhatChanges arrival={arrival.data} />
            <Sides arrival={arrival.data} how={how} onHow={setHow} />
            <Beside arrival={arrival.data} />
            <Files arrival={arrival.data} />
          </div>
          <Next
            arrival={arrival.data}
            brought={brought}
            how={how}
            isFetching={arrival.isFetching}
          />
        </div>
      )}
    </>
  )
}

type SidesProps = { arrival: Arrival; how: How; onHow: (how: How) => void }

/** What only one side has: running files that did not come, and comments that did not. */
function Sides({ arrival: { absent, comments }, how, onHow }: SidesProps) {
  return (
    <>
      {comments.length > 0 && (
        <Card title={DEFINITIONS.comments(comments.length)}>
          <p className="quiet small">{DEFINITIONS.commentsWhy}</p>
          <ol className="definitions-lines">
            {comments.map((each) => (
              <li key={`${each.file} ${each.line}`}>
                <code>{each.text}</code>
                <span className="mono quiet small">
                  {each.file}:{each.line}
                </span>
              </li>
            ))}
          </ol>
          <Checkbox
            size="xs"
            label={DEFINITIONS.commentsKeep}
            checked={how.keeps_comments}
            onChange={(event) => onHow({ ...how, keeps_comments: event.currentTarget.checked })}
          />
        </Card>
      )}
      {absent.length > 0 && (
        <Card title={DEFINITIONS.absent(absent.length)}>
          <p className="quiet small">{DEFINITIONS.absentWhy}</p>
          <p className="mono small definitions-paths">{absent.join(', ')}</p>
          <Checkbox
            size="xs"
            label={DEFINITIONS.absentGo}
            checked={how.removes}
            onChange={(event) => onHow({ ...how, removes: event.currentTarget.checked })}
          />
        </Card>
      )}
    </>
  )
}

function Files({ arrival }: { arrival: Arrival }) {
  const words = DEFINITIONS.fileColumns
  const moved = arrival.placed.filter(
    (each) => each.file !== '' && !each.given.endsWith(each.file) && each.how !== 'same',
  )
  const passed = arrival.placed.filter((each) => each.how === 'passed')
  return (
    <Card title={DEFINITIONS.files} isBare>
      <Table
        label={DEFINITIONS.files}
        rows={arrival.files}
        keyOf={(row) => row.file}
        columns={[
          { name: words.file, cell: (row) => <span className="mono">{row.file}</span> },
          {
            name: words.how,
            cell: (row) => (
              <span className="row">
                <Chip tone={row.how === 'gone' ? 'warn' : 'plain'}>
                  {DEFINITIONS.hows[row.how]}
                </Chip>
                {row.is_shut && <Chip tone="line">{DEFINITIONS.shut}</Chip>}
              </span>
            ),
          },
          {
            name: words.what,
            cell: (row) => (
              <span className="definitions-wrap">
                {row.is_words ? DEFINITIONS.words : row.definitions.join(', ')}
              </span>
            ),
          },
        ]}
      />
      <ul className="definitions-foot quiet small">
        {arrival.same_count > 0 && <li>{DEFINITIONS.sameCount(arrival.same_count)}</li>}
        {moved.map((each) => (
          <li key={`${each.given} ${each.file}`}>{DEFINITIONS.within(each.given, each.file)}</li>
        ))}
        {passed.length > 0 && (
          <li>
            <details>
              <summary>{DEFINITIONS.passed(passed.length)}</summary>
              {passed.map((each) => (
                <p key={each.given}>
                  <span className="mono">{each.given}</span>: {each.why}
                </p>
              ))}
            </details>
          </li>
        )}
      </ul>
    </Card>
  )
}
