// The history lived again, by what runs and by the draft: what would have gone otherwise.
import { NativeSelect } from '@mantine/core'
import type { FoundOf, TaskOf } from '@/api/rehearsals'
import { Card } from '@/kit/card'
import { useParam } from '@/kit/go'
import { Note } from '@/kit/note'
import { type Figure, Stats } from '@/kit/stat'
import { Table } from '@/kit/table'
import { count, day, inline } from '@/words/format'
import { BACKTEST } from '@/words/rehearse'
import type { Subject } from './about'
import { codeWords, type Counts, digitsOf, figure, MICROS, signed, sum } from './figures'
import { Run } from './run'
import { Stories } from './stories'

type Found = FoundOf<'backtest'>

export function Backtest({ subject }: { subject: Subject }) {
  const [since, setSince] = useParam('since', '30d')
  const [against, setAgainst] = useParam('against', 'running')
  const task: TaskOf<'backtest'> = {
    kind: 'backtest',
    since,
    against: against === 'recorded' ? 'recorded' : 'running',
  }
  const words = {
    ...BACKTEST,
    emptyWhy:
      subject.draftName === ''
        ? `${BACKTEST.emptyWhy} ${BACKTEST.emptyRunning}`
        : BACKTEST.emptyWhy,
  }
  const asks = (
    <>
      <NativeSelect
        size="xs"
        aria-label={BACKTEST.since}
        data={BACKTEST.sinces.map(([value, label]) => ({ value, label }))}
        value={since}
        onChange={(event) => setSince(event.currentTarget.value)}
      />
      <NativeSelect
        size="xs"
        aria-label={BACKTEST.against}
        data={BACKTEST.againsts.map(([value, label]) => ({ value, label }))}
        value={task.against}
        onChange={(event) => setAgainst(event.currentTarget.value)}
      />
    </>
  )
  return (
    <Run task={task} subject={subject} words={words} asks={asks}>
      {(found) => <Compared found={found} />}
    </Run>
  )
}

function Compared({ found }: { found: Found }) {
  const isSame = found.counts.every((each) => each.count === 0)
  return (
    <>
      {isSame && (
        <Note tone="ok" title={BACKTEST.same}>
          {BACKTEST.sameWhy}
        </Note>
      )}
      <Stats figures={figuresOf(found)} />
      <div className="rehearse-two" data-even="true">
        <Differences found={found} />
        <Totals found={found} />
      </div>
      <Stories found={found} />
      <Note title={BACKTEST.limit}>
        {found.limit}{' '}
        {BACKTEST.summary(count(found.record_count), day(found.start), day(found.end))}
      </Note>
    </>
  )
}

function figuresOf(found: Found): Figure[] {
  const [was, now] = [sum(found.was.sent), sum(found.now.sent)]
  const cost = sum(found.now.cost_micros) - sum(found.was.cost_micros)
  return [
    {
      name: BACKTEST.messages,
      value: count(now),
      more: `${signed(now - was)} · ${count(was)} before`,
    },
    {
      name: BACKTEST.reached,
      value: count(found.now.people ?? 0),
      more: signed((found.now.people ?? 0) - (found.was.people ?? 0)),
    },
    { name: BACKTEST.cost(found.currency), value: signed(cost / MICROS, digitsOf(cost)) },
    { name: BACKTEST.alike, value: count(found.same) },
    { name: BACKTEST.open, value: count(found.open), more: BACKTEST.openWhy },
  ]
}

function Differences({ found }: { found: Found }) {
  const gates = Object.entries(found.gates)
  return (
    <Card title={BACKTEST.differences} isBare>
      <Table
        label={BACKTEST.differences}
        rows={found.counts}
        keyOf={(row) => row.difference}
        columns={[
          {
            name: BACKTEST.kind,
            cell: (row) => (
              <>
                <span className="strong">{BACKTEST.kinds[row.difference] ?? row.difference}</span>
                <br />
                <span className="quiet">{row.meaning}</span>
              </>
            ),
          },
          { name: BACKTEST.all, side: 'end', cell: (row) => count(row.count) },
          { name: BACKTEST.certain, side: 'end', cell: (row) => count(row.certain) },
        ]}
      />
      {gates.length > 0 && (
        <p className="card-body small">
          {BACKTEST.gates}:{' '}
          {gates.map(([code, times]) => `${codeWords(code)} ${count(times)}`).join(', ')}.
        </p>
      )}
    </Card>
  )
}

type Total = { name: string; was: number; now: number; digits?: number }

function Totals({ found }: { found: Found }) {
  return (
    <Card title={BACKTEST.totals} isBare>
      <Table
        label={BACKTEST.totals}
        rows={totalsOf(found)}
        keyOf={(row) => row.name}
        columns={[
          { name: BACKTEST.figure, cell: (row) => row.name },
          {
            name: BACKTEST.was[found.against] ?? found.against,
            side: 'end',
            cell: (row) => figure(row.was, row.digits),
          },
          { name: BACKTEST.now, side: 'end', cell: (row) => figure(row.now, row.digits) },
          {
            name: BACKTEST.change,
            side: 'end',
            cell: (row) => (row.now === row.was ? '' : signed(row.now - row.was, row.digits)),
          },
        ]}
      />
    </Card>
  )
}

function totalsOf({ was, now, currency }: Found): Total[] {
  return [
    { name: BACKTEST.messages, was: sum(was.sent), now: sum(now.sent) },
    ...each(was.sent, now.sent, (channel) => BACKTEST.by(inline(channel))),
    { name: BACKTEST.held, was: was.held ?? 0, now: now.held ?? 0 },
    { name: BACKTEST.entered, was: sum(was.entered), now: sum(now.entered) },
    {
      name: BACKTEST.cost(currency),
      was: sum(was.cost_micros) / MICROS,
      now: sum(now.cost_micros) / MICROS,
      digits: digitsOf(sum(now.cost_micros) - sum(was.cost_micros)),
    },
    ...each(was.refused, now.refused, (code) => BACKTEST.refused(codeWords(code))),
  ]
}

function each(was: Counts = {}, now: Counts = {}, name: (key: string) => string): Total[] {
  const keys = [...new Set([...Object.keys(was), ...Object.keys(now)])].toSorted()
  return keys.map((key) => ({ name: name(key), was: was[key] ?? 0, now: now[key] ?? 0 }))
}
