// Examples of what goes otherwise: one person's messages in both lives, side by side.
import { SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import type { FoundOf } from '@/api/rehearsals'
import { Card } from '@/kit/card'
import { Chip } from '@/kit/chip'
import { Go, useParam } from '@/kit/go'
import { Table } from '@/kit/table'
import { inline, title } from '@/words/format'
import { BACKTEST } from '@/words/rehearse'
import { sentence } from './scenarios'
import { wall } from './wall'

type Found = FoundOf<'backtest'>
type Told = Found['stories'][number]
type Line = NonNullable<Told['beside'][number]['was']>

export function Stories({ found }: { found: Found }) {
  const kinds = [...new Set(found.stories.map((each) => each.difference))]
  const [asked, setKind] = useParam('difference')
  const kind = kinds.includes(asked) ? asked : (kinds[0] ?? '')
  const [at, setAt] = useState(0)
  const stories = found.stories.filter((each) => each.difference === kind)
  const told = stories[Math.min(at, stories.length - 1)]
  if (told === undefined) return null
  return (
    <Card
      title={BACKTEST.stories}
      more={
        <SegmentedControl
          size="xs"
          role="radiogroup"
          aria-label={BACKTEST.kind}
          data={kinds.map((value) => ({ value, label: BACKTEST.kinds[value] ?? value }))}
          value={kind}
          onChange={(value) => {
            setKind(value)
            setAt(0)
          }}
        />
      }
      isBare
    >
      <div className="rehearse-stories">
        <ul className="rehearse-list" aria-label={BACKTEST.storiesOf(BACKTEST.kinds[kind] ?? kind)}>
          {stories.map((each, index) => (
            <li key={index}>
              <button type="button" aria-pressed={each === told} onClick={() => setAt(index)}>
                <span className="grow">{sentence(each.sentence)}</span>
              </button>
            </li>
          ))}
        </ul>
        <Story told={told} against={found.against} />
      </div>
    </Card>
  )
}

function Story({ told, against }: { told: Told; against: string }) {
  return (
    <div className="rehearse-lives">
      <p className="rehearse-lives-head">
        <Chip tone={told.is_certain ? 'accent' : 'line'}>
          {told.is_certain ? BACKTEST.certainWord : BACKTEST.uncertain}
        </Chip>
        <span className="grow" />
        <Go className="link small" to={`/customers/${told.person_id}`}>
          {BACKTEST.person}
        </Go>
      </p>
      <Table
        label={BACKTEST.story}
        rows={told.beside.map((row, index) => ({ ...row, index }))}
        keyOf={(row) => row.index}
        columns={[
          {
            name: BACKTEST.was[against] ?? against,
            width: '50%',
            cell: (row) => <Message line={row.was ?? null} />,
          },
          { name: BACKTEST.now, cell: (row) => <Message line={row.now ?? null} /> },
        ]}
      />
    </div>
  )
}

function Message({ line }: { line: Line | null }) {
  if (line === null) return <span className="quiet">{BACKTEST.nothing}</span>
  const fate = BACKTEST.fates[line.fate] ?? line.fate
  return (
    <>
      <span className="quiet num">{wall(line.at, '')}</span> {title(line.message)}{' '}
      {fate === '' ? (
        BACKTEST.by(inline(line.channel))
      ) : (
        <span className="quiet">
          {fate}
          {line.why !== '' && `: ${line.why}`}
        </span>
      )}
    </>
  )
}
