// The stories of a workspace: which came out as told, both timelines of one, and what none goes through.
import type { FoundOf } from '@/api/rehearsals'
import { Card } from '@/kit/card'
import { Chip } from '@/kit/chip'
import { Empty } from '@/kit/empty'
import { useParam } from '@/kit/go'
import { Note } from '@/kit/note'
import { Table } from '@/kit/table'
import { count, share, title } from '@/words/format'
import { REHEARSE, SCENARIOS } from '@/words/rehearse'
import type { Subject } from './about'
import { Run } from './run'
import { wall } from './wall'

type Found = FoundOf<'scenarios'>
type Told = Found['scenarios'][number]
type Covered = Found['coverage'][number]

export function Scenarios({ subject }: { subject: Subject }) {
  return (
    <Run task={{ kind: 'scenarios', names: [] }} subject={subject} words={SCENARIOS}>
      {(found) => <Stories found={found} subject={subject} />}
    </Run>
  )
}

function Stories({ found, subject }: { found: Found; subject: Subject }) {
  const [chosen, choose] = useParam('story')
  const wrong = found.scenarios.filter((each) => !each.is_right)
  const sorted = [...wrong, ...found.scenarios.filter((each) => each.is_right)]
  const shown = sorted.find((each) => each.name === chosen) ?? sorted[0]
  if (shown === undefined) {
    return <Empty title={SCENARIOS.none}>{SCENARIOS.noneWhy}</Empty>
  }
  return (
    <>
      {wrong.length === 0 ? (
        <Note tone="ok" title={SCENARIOS.right(found.scenarios.length)} />
      ) : (
        <Note tone="bad" title={SCENARIOS.wrong(wrong.length, found.scenarios.length)} />
      )}
      <div className="rehearse-two">
        <Card isBare>
          <ul className="rehearse-list" aria-label={SCENARIOS.listLabel}>
            {sorted.map((each) => (
              <li key={each.name}>
                <button
                  type="button"
                  aria-pressed={each === shown}
                  onClick={() => choose(each.name)}
                >
                  <span className="grow">{sentence(each.name)}</span>
                  <Chip tone={each.is_right ? 'ok' : 'bad'}>
                    {each.is_right ? SCENARIOS.passed : SCENARIOS.failed}
                  </Chip>
                </button>
              </li>
            ))}
          </ul>
        </Card>
        <Story key={shown.name} told={shown} />
      </div>
      <Coverage found={found} journey={subject.journey} />
    </>
  )
}

function Story({ told }: { told: Told }) {
  return (
    <Card
      title={sentence(told.name)}
      more={
        <span className="quiet small">{SCENARIOS.place(told.place.file, told.place.line)}</span>
      }
      isBare
    >
      {told.misses.length > 0 && (
        <ul className="card-body rehearse-misses">
          {told.misses.map((miss, index) => (
            <li key={index}>
              <Note
                tone="bad"
                title={sentence([miss.person, miss.expected].filter(Boolean).join(': '))}
              >
                {SCENARIOS.but}: {miss.actual}
                {miss.why !== '' && (
                  <>
                    <br />
                    {SCENARIOS.why}: {miss.why}
                  </>
                )}
              </Note>
            </li>
          ))}
        </ul>
      )}
      <Table
        label={SCENARIOS.timelines(told.name)}
        rows={told.lines.map((line, index) => ({ ...line, index }))}
        keyOf={(line) => line.index}
        isBad={(line) => line.is_different}
        columns={[
          {
            name: SCENARIOS.at,
            width: 132,
            cell: (line) => <span className="quiet num">{wall(line.at, told.zone)}</span>,
          },
          { name: SCENARIOS.expected, width: '42%', cell: (line) => line.expected },
          { name: SCENARIOS.actual, cell: (line) => line.actual },
        ]}
      />
    </Card>
  )
}

function Coverage({ found, journey }: { found: Found; journey: string }) {
  const own = found.coverage.find((each) => each.journey === journey)
  const all = found.coverage.find((each) => each.journey === '')
  const rows = [own, all].filter((each): each is Covered => each !== undefined)
  const measures = Object.keys(rows[0]?.shares ?? {})
  const missing = missingIn(found, journey)
  return (
    <Card title={SCENARIOS.coverage} isBare>
      <Table
        label={SCENARIOS.coverage}
        rows={rows}
        keyOf={(row) => row.journey}
        columns={[
          {
            name: REHEARSE.list.journey,
            cell: (row) => (row.journey === '' ? SCENARIOS.all : title(row.journey)),
          },
          ...measures.map((measure) => ({
            name: SCENARIOS.measures[measure] ?? measure,
            side: 'end' as const,
            cell: (row: Covered) => <Walked {...row.shares[measure]} />,
          })),
        ]}
      />
      <div className="card-body">
        <p className="small ink2">
          {found.demanded == null ? SCENARIOS.notWanted : SCENARIOS.wanted(share(found.demanded))}
        </p>
        {missing.length === 0 ? (
          <p className="small ink2">{SCENARIOS.missingNone}</p>
        ) : (
          <details className="rehearse-more">
            <summary>{SCENARIOS.missing}</summary>
            {missing.map(([measure, words]) => (
              <section key={measure}>
                <h3>{sentence(SCENARIOS.measures[measure] ?? measure)}</h3>
                <ul>
                  {words.map((each) => (
                    <li key={each}>{each}</li>
                  ))}
                </ul>
              </section>
            ))}
          </details>
        )}
      </div>
    </Card>
  )
}

/** Of what no story goes through, that of one journey: the server's words begin with its name. */
function missingIn(found: Found, journey: string): [string, string[]][] {
  return Object.entries(found.missing).flatMap(([measure, words]) => {
    const own = words
      .filter((each) => each.startsWith(`${journey}:`) || each.startsWith(`${journey},`))
      .map((each) => sentence(each.slice(journey.length + 1).trim()))
    return own.length > 0 ? [[measure, own] as [string, string[]]] : []
  })
}

function Walked({ walked = 0, total = 0 }: { walked?: number; total?: number }) {
  if (total === 0) return '–'
  return (
    <>
      {count(walked)} / {count(total)} <span className="quiet">{share(walked / total)}</span>
    </>
  )
}

export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
