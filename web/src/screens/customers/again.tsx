// One customer's life lived again: what was recorded of them beside what would come of it now.
import { NativeSelect, SegmentedControl } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { api, take } from '@/api/client'
import type { FoundOf, TaskOf } from '@/api/rehearsals'
import { useMay, useMe } from '@/app/session'
import { Card } from '@/kit/card'
import { Chip } from '@/kit/chip'
import { Empty } from '@/kit/empty'
import { Go, useParam } from '@/kit/go'
import { Head } from '@/kit/head'
import { Note } from '@/kit/note'
import { Time } from '@/kit/time'
import { useDraft } from '@/screens/rehearse/about'
import '@/screens/rehearse/rehearse.css'
import { Run } from '@/screens/rehearse/run'
import { AGAIN } from '@/words/again'
import { count, day } from '@/words/format'
import { shortId } from '@/words/notes'
import { REHEARSE } from '@/words/rehearse'
import './customers.css'

type Found = FoundOf<'relive'>
type Row = Found['rows'][number]

export default function Again() {
  const { who } = useParams({ strict: false }) as { who: string }
  const may = useMay('rehearse')
  const { role } = useMe()
  return (
    <>
      <Head title={AGAIN.title(shortId(who))}>
        <Go className="link small" to={`/customers/${who}`}>
          {AGAIN.back}
        </Go>
      </Head>
      <div className="page">
        <div className="page-in">
          {may ? (
            <Life who={who} />
          ) : (
            <Empty title={REHEARSE.mayNot(role)}>{REHEARSE.mayNotWhy}</Empty>
          )}
        </div>
      </div>
    </>
  )
}

function Life({ who }: { who: string }) {
  const [draftName, setDraft] = useParam('draft')
  const [since, setSince] = useParam('since')
  const draft = useDraft(draftName)
  const drafts = useQuery({ queryKey: ['drafts'], queryFn: () => take(api.GET('/api/drafts')) })
  const under = draftName === '' ? 'running' : 'draft'
  const task: TaskOf<'relive'> = { kind: 'relive', person: who, under, since }
  const about = draftName === '' ? {} : { draft: draftName }
  const subject = { journey: '', draftName, about, draft: draft.data ?? null }
  const asks = (
    <>
      <NativeSelect
        size="xs"
        aria-label={AGAIN.under}
        data={[
          { value: '', label: AGAIN.running },
          ...(drafts.data ?? []).map((each) => ({
            value: each.name,
            label: AGAIN.draft(each.title || each.name),
          })),
        ]}
        value={draftName}
        onChange={(event) => setDraft(event.currentTarget.value)}
      />
      <NativeSelect
        size="xs"
        aria-label={AGAIN.since}
        data={AGAIN.sinces.map(([value, label]) => ({ value, label }))}
        value={since}
        onChange={(event) => setSince(event.currentTarget.value)}
      />
    </>
  )
  return (
    <Run task={task} subject={subject} words={AGAIN} asks={asks}>
      {(found) => <Both found={found} />}
    </Run>
  )
}

function Both({ found }: { found: Found }) {
  const [show, setShow] = useParam('rows', found.differing > 0 ? 'different' : 'all')
  const rows = found.rows.filter((row) => show === 'all' || row.is_different)
  return (
    <>
      {found.differing === 0 ? (
        <Note tone="ok" title={AGAIN.same}>
          {AGAIN.sameWhy}
        </Note>
      ) : (
        <Note tone="warn" title={AGAIN.differs(found.differing)} />
      )}
      <Card
        title={AGAIN.both}
        isBare
        more={
          <SegmentedControl
            size="xs"
            role="radiogroup"
            aria-label={AGAIN.show}
            value={show}
            onChange={setShow}
            data={AGAIN.shows.map(([value, label]) => ({ value, label }))}
          />
        }
      >
        <Lives rows={rows} />
        {found.left_out > 0 && (
          <p className="card-body quiet small">{AGAIN.leftOut(count(found.left_out))}</p>
        )}
      </Card>
      <Note title={AGAIN.limit}>
        {found.limit} {AGAIN.summary(count(found.record_count), day(found.start), day(found.end))}
      </Note>
    </>
  )
}

function Lives({ rows }: { rows: readonly Row[] }) {
  return (
    <table className="table lives" aria-label={AGAIN.both}>
      <thead>
        <tr>
          <th scope="col">{AGAIN.was}</th>
          <th scope="col">{AGAIN.now}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={index} data-different={row.is_different}>
            <td>
              <Line line={row.was} />
            </td>
            <td>
              <Line line={row.now} />
              {row.is_different && <Chip tone="warn">{AGAIN.differsWord}</Chip>}
            </td>
          </tr>
        ))}
        {rows.length === 0 && (
          <tr>
            <td colSpan={2} className="quiet">
              {AGAIN.same}
            </td>
          </tr>
        )}
      </tbody>
    </table>
  )
}

function Line({ line }: { line: Row['was'] }) {
  if (line === null) return <span className="quiet">{AGAIN.nothing}</span>
  return (
    <span className="lives-line" data-fate={line.fate ?? ''}>
      <span className="quiet small num">
        <Time at={line.at} as="day" /> <Time at={line.at} />
      </span>
      <span className="pretty">{line.words.charAt(0).toUpperCase() + line.words.slice(1)}</span>
    </span>
  )
}
