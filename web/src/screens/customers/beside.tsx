// Two customers beside each other, and who they would be as one: looked at before they are joined.
import { Fragment, type ReactNode } from 'react'
import { Chip } from '@/kit/chip'
import { Value } from '@/kit/mask'
import { Note } from '@/kit/note'
import { Time } from '@/kit/time'
import { title } from '@/words/format'
import { IDENTITY } from '@/words/identity'
import { besideOf, type JoinTrial, keptOf, type Line, type Said, type Trait } from './both'
import './identity.css'

const WORDS = IDENTITY.beside

export function BesideTable({ trial }: { trial: JoinTrial }) {
  const { one, other, joined } = trial
  if (other === null) return null
  const beside = besideOf({ one, other, joined })
  const { columns, groups } = WORDS
  const isPossible = trial.joined !== null
  return (
    <>
      {trial.refused !== null && (
        <Note tone="bad" title={trial.refused?.message}>
          {trial.refused?.fix}
        </Note>
      )}
      {trial.were_parted && (
        <Note tone="warn" title={WORDS.parted}>
          {WORDS.partedWhy}
        </Note>
      )}
      <table className="table beside" aria-label={WORDS.label}>
        <thead>
          <tr>
            <td />
            <th scope="col">{columns.one}</th>
            <th scope="col">{columns.other}</th>
            {isPossible && <th scope="col">{columns.joined}</th>}
          </tr>
        </thead>
        <Group
          isPossible={isPossible}
          name={groups.known}
          lines={beside.known}
          called={title}
          cell={(v) => <Values of={v} />}
        />
        <Group
          isPossible={isPossible}
          name={groups.consents}
          lines={beside.consents}
          called={saidOf}
          cell={(said) => <Answer said={said} />}
          more={(line) => <Kept of={keptOf(line)} />}
        />
        <Group
          isPossible={isPossible}
          name={groups.journeys}
          lines={beside.journeys}
          called={title}
          cell={(state) => (state === 'ends' ? WORDS.ends : WORDS.goesOn)}
        />
        <Group
          isPossible={isPossible}
          name={groups.segments}
          lines={beside.segments}
          called={title}
          cell={() => WORDS.is}
        />
        <Group
          isPossible={isPossible}
          name={groups.traits}
          lines={beside.traits}
          called={title}
          cell={(trait: Trait) => <Value value={trait.value} />}
          more={(line) => <Kept of={keptOf(line)} />}
        />
      </table>
    </>
  )
}

type GroupProps<Cell> = {
  name: string
  /** They can be one: what they would be is shown. */
  isPossible: boolean
  lines: readonly Line<Cell>[]
  called: (name: string) => ReactNode
  cell: (cell: Cell) => ReactNode
  more?: (line: Line<Cell>) => ReactNode
}

function Group<Cell>({ name, isPossible, lines, called, cell, more }: GroupProps<Cell>) {
  if (lines.length === 0) return null
  const shown = (value: Cell | null) => (value === null ? WORDS.none : cell(value))
  return (
    <tbody>
      <tr>
        <th scope="rowgroup" colSpan={isPossible ? 4 : 3}>
          {name}
        </th>
      </tr>
      {lines.map((line, index) => (
        <tr key={`${line.name} ${index}`}>
          <th scope="row">{called(line.name)}</th>
          <td>{shown(line.one)}</td>
          <td>{shown(line.other)}</td>
          {isPossible && (
            <td>
              {shown(line.joined)}
              {more?.(line)}
            </td>
          )}
        </tr>
      ))}
    </tbody>
  )
}

function Values({ of }: { of: readonly string[] }) {
  return of.map((value, index) => (
    <Fragment key={index}>
      {index > 0 && ', '}
      <Value value={value} />
    </Fragment>
  ))
}

function Answer({ said }: { said: Said }) {
  return (
    <>
      <Chip tone={said.is_granted ? 'ok' : 'bad'}>{said.is_granted ? WORDS.yes : WORDS.no}</Chip>{' '}
      <small>
        <Time at={said.at} as="day" />
      </small>
    </>
  )
}

function Kept({ of }: { of: 'one' | 'other' | null }) {
  return of === null ? null : <small className="beside-from">{WORDS.from[of]}</small>
}

function saidOf(name: string): ReactNode {
  const [purpose = '', channel = '', by = 'person'] = name.split('/')
  const who = WORDS.by[by as keyof typeof WORDS.by]
  return (
    <>
      {title(purpose)}
      <small>
        {channel === '*' ? WORDS.every : channel === '' ? WORDS.lists : title(channel)}
        {who !== '' && `, ${who}`}
      </small>
    </>
  )
}
