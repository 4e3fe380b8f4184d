// How a walk went: what was done, and what came of it, messages that did not go among it.
import {
  IconArrowDown,
  IconClockPause,
  IconDoorEnter,
  IconDoorExit,
  IconHandStop,
  IconPointFilled,
  IconSend,
  IconUser,
  type Icon,
} from '@tabler/icons-react'
import type { components } from '@/api/schema'
import { Tile, type TileKind } from '@/kit/tile'
import { REHEARSE } from '@/words/rehearse'
import type { Subject } from './about'
import { AsScenario } from './keep'
import { sentence } from './scenarios'
import type { WalkFound } from './script'
import { wall } from './wall'

type Happened = components['schemas']['Happened']

const WORDS = REHEARSE.walk

type Props = {
  found: WalkFound
  subject: Subject
  /** What a step of the journey is called; empty: it is none. */
  nameOf: (stepId: string) => string
}

export function Went({ found, subject, nameOf }: Props) {
  return (
    <div className="walk-went">
      <h3>{WORDS.went}</h3>
      {found.happened.length === 0 ? (
        <p className="quiet small">{WORDS.nothingYet}</p>
      ) : (
        <ol aria-label={WORDS.went}>
          {found.happened.map((each, index) => (
            <Row
              key={index}
              happened={each}
              zone={found.zone}
              step={each.journey === subject.journey ? nameOf(each.step ?? '') : ''}
            />
          ))}
        </ol>
      )}
      {found.wakes_at != null && (
        <p className="quiet small">{WORDS.wakes(wall(found.wakes_at, found.zone))}</p>
      )}
      <AsScenario
        label={WORDS.scenario}
        text={found.scenario}
        file={`scenarios/walk-${subject.journey}.yaml`}
        subject={subject}
      />
    </div>
  )
}

type RowProps = { happened: Happened; zone: string; step: string }

function Row({ happened, zone, step }: RowProps) {
  const [Mark, kind] = markOf(happened)
  return (
    <li data-kind={happened.kind} data-verdict={happened.verdict || undefined}>
      <Tile icon={Mark} kind={kind} />
      <div className="grow">
        <p>{happened.kind === 'moved' && step ? WORDS.onTo(step) : sentence(happened.words)}</p>
        <p className="quiet num">{wall(happened.at, zone)}</p>
      </div>
    </li>
  )
}

function markOf({ kind, verdict }: Happened): [Icon, TileKind] {
  if (verdict === 'pass') return [IconSend, 'act']
  if (verdict === 'refuse') return [IconHandStop, 'bad']
  if (verdict === 'hold') return [IconClockPause, 'warn']
  switch (kind) {
    case 'did':
      return [IconUser, 'listen']
    case 'entered':
      return [IconDoorEnter, 'ok']
    case 'left':
      return [IconDoorExit, 'end']
    case 'moved':
      return [IconArrowDown, 'time']
    case 'settled':
    case 'revoked':
    case 'rejected':
    case 'not_entered':
      return [IconHandStop, 'warn']
    default:
      return [IconPointFilled, 'decide']
  }
}
